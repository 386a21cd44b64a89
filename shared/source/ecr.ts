import {
  DescribeImagesCommand,
  type DescribeImagesCommandInput,
  type ECRClient,
  type ImageDetail,
  paginateDescribeImages,
} from '@aws-sdk/client-ecr';
import { Rejected, Retryable, Stalled } from '../errors.ts';
import { isDigest, isTag } from '../image/image.ts';
import { arnOf, type EcrPlace, ecrPlace } from './ecr-name.ts';
import type { Images, Manifest, Tag } from './images.ts';

/** No request takes longer, in milliseconds. */
const LONGEST = 30_000;
/** Images with tags that are read; a page has 1000. */
const LIMIT = 100_000;
const PAGE = 1000;

const ABSENT = /^(?:Repository|Image)NotFoundException$/u;
const DENIED = /^(?:AccessDenied|UnrecognizedClient|InvalidSignature|ExpiredToken|CredentialsProvider)/u;
const THROTTLED = /Throttl|LimitExceeded|TooManyRequests/u;

/** Turns what the SDK throws into what becomes of the work. Null: there is no such image. */
function classify(error: unknown, image: string, place: EcrPlace): null {
  const { name = '', $metadata } = error as { name?: string; $metadata?: { httpStatusCode?: number } };
  const status = $metadata?.httpStatusCode;
  if (ABSENT.test(name)) return null;
  if (DENIED.test(name) || status === 403)
    throw new Stalled('RegistryDenied', `ECR does not let gitferry read ${image} (${name}).`, {
      hint: `Allow ecr:DescribeImages on ${arnOf(place)} to the role of this function; in another account also in the repository’s own policy.`,
      facts: { image, action: 'ecr:DescribeImages', resource: arnOf(place) },
      cause: error,
    });
  if (status === 400 && !THROTTLED.test(name))
    throw new Stalled('RegistryAnswerUnexpected', `ECR does not take the request for ${image} (${name}).`, {
      hint: 'Check the image’s name.',
      facts: { image, status },
      cause: error,
    });
  throw new Retryable(
    'RegistryUnavailable',
    `ECR in ${place.region} did not answer as it should (${name || status}).`,
    {
      hint: 'It will be tried again.',
      facts: { image, region: place.region },
      cause: error,
    },
  );
}

function tagsOf({ imageTags = [], imageDigest, imagePushedAt }: ImageDetail): readonly Tag[] {
  const about = { digest: imageDigest ?? null, pushedAt: imagePushedAt?.toISOString() ?? null };
  return imageTags.filter(isTag).map((tag) => ({ tag, ...about }));
}

/**
 * Private registries of ECR, of any account and region, by the role's own permissions (`ecr:DescribeImages`). `clientFor`
 * is asked once for each region. Beyond what `Images` says it throws Retryable RegistryUnavailable, Stalled
 * RegistryDenied and RegistryAnswerUnexpected, Rejected TagsTooMany and ManifestInvalid.
 */
export function ecrImages(
  clientFor: (region: string, fips: boolean) => ECRClient,
  remaining: () => number = () => LONGEST,
): Images {
  const clients = new Map<string, ECRClient>();

  function clientOf({ region, fips }: EcrPlace): ECRClient {
    const key = `${region} ${fips}`;
    const client = clients.get(key) ?? clientFor(region, fips);
    clients.set(key, client);
    return client;
  }

  function placeOf(image: string): EcrPlace {
    const place = ecrPlace(image);
    if (place === null) throw new Error(`${image} is not in ECR`);
    return place;
  }

  function signal(): AbortSignal {
    return AbortSignal.timeout(Math.max(0, Math.min(remaining(), LONGEST)));
  }

  const images: Images = {
    async tags(image) {
      const place = placeOf(image);
      const input: DescribeImagesCommandInput = {
        registryId: place.account,
        repositoryName: place.repository,
        filter: { tagStatus: 'TAGGED' },
      };
      const tags: Tag[] = [];
      const config = { client: clientOf(place), pageSize: PAGE, stopOnSameToken: true };
      try {
        for await (const page of paginateDescribeImages(config, input, { abortSignal: signal() })) {
          tags.push(...(page.imageDetails ?? []).flatMap(tagsOf));
          if (tags.length > LIMIT) break;
        }
      } catch (error) {
        return classify(error, image, place) ?? [];
      }
      if (tags.length <= LIMIT) return tags;
      throw new Rejected('TagsTooMany', `${image} has more tags than can be read.`, {
        hint: `Let a lifecycle policy remove old ones: up to ${LIMIT} are read.`,
        facts: { image },
      });
    },

    async resolve(image, tagOrDigest) {
      if (!isTag(tagOrDigest) && !isDigest(tagOrDigest)) return null;
      const place = placeOf(image);
      const command = new DescribeImagesCommand({
        registryId: place.account,
        repositoryName: place.repository,
        imageIds: [isDigest(tagOrDigest) ? { imageDigest: tagOrDigest } : { imageTag: tagOrDigest }],
      });
      const answer = await clientOf(place)
        .send(command, { abortSignal: signal() })
        .catch((error: unknown) => classify(error, image, place));
      const found = answer?.imageDetails?.[0];
      return found === undefined ? null : manifestOf(found, image, tagOrDigest);
    },

    async peek(image, tag) {
      return (await images.resolve(image, tag))?.digest ?? null;
    },
  };
  return images;
}

function manifestOf(found: ImageDetail, image: string, asked: string): Manifest {
  const { imageDigest = '', imageManifestMediaType = '', imagePushedAt } = found;
  if (isDigest(imageDigest) && (!isDigest(asked) || asked === imageDigest))
    return { digest: imageDigest, mediaType: imageManifestMediaType, pushedAt: imagePushedAt?.toISOString() ?? null };
  throw new Rejected('ManifestInvalid', `ECR tells no digest for ${asked} of ${image}.`, {
    hint: 'Push the image again.',
    facts: { image, asked },
  });
}
