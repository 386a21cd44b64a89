import { pushCommands, type RunImages, webhookCommand } from './images.ts';
import type { Narrator } from './narrator.ts';
import type { Options } from './options.ts';

export interface Invitation {
  readonly narrator: Narrator;
  readonly options: Options;
  readonly images: RunImages;
  /** Whether gitferry.yaml names images of the registry that runs here. */
  readonly mirrorsImages: boolean;
  readonly receiveUrl: string;
}

/** Says what to try while it runs. */
export function invite({ narrator, options, images, mirrorsImages, receiveUrl }: Invitation): void {
  const own = options.repository === null;
  narrator.heading('To try next, in another terminal, in this folder');
  narrator.text(
    `npm run -s gitferry -- put examples/try/quota.yaml${own ? ' config/production/hello/quota.yaml' : ''}`,
  );
  narrator.text('npm run -s gitferry -- put README.md charts/broken-1.0.0.tgz');
  narrator.text('npm run -s gitferry -- log');
  if (images.host === null) {
    narrator.heading(own && options.registry ? NOT_INSTALLED : 'What a registry would tell gitferry');
    narrator.text(webhookCommand(receiveUrl, images.authorization));
  } else if (mirrorsImages) {
    narrator.heading('An image that is pushed lands as well');
    for (const command of pushCommands(images.host)) narrator.text(command);
  } else narrator.heading(NOT_MIRRORED);
  narrator.heading('Ctrl-C ends it; the next start goes on from here');
}

const NOT_INSTALLED =
  'No registry of images runs here: docker-registry is not installed (Debian: apt install docker-registry,\n' +
  'whose own service is not needed: systemctl disable --now docker-registry).\n' +
  'What one would tell gitferry';
const NOT_MIRRORED =
  'The registry is not used: the repository in .gitferry is from a run without one. Remove .gitferry to begin afresh.';
