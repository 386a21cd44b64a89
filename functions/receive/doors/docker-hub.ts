import * as z from 'zod';
import { anyTag, imageAt, imageChange } from '../../../shared/change/image.ts';
import { needed } from '../../../shared/change/needed.ts';
import { noTag } from '../../../shared/change/nothing.ts';
import { beside } from '../../../shared/change/object.ts';
import { type Door, timeOf, wrong } from '../door.ts';

const push = z.looseObject({
  push_data: z.looseObject({
    tag: anyTag,
    pusher: beside,
    pushed_at: z.number().optional().catch(undefined),
  }),
  repository: z.looseObject({ repo_name: z.string().min(1) }),
});

/** https://docs.docker.com/docker-hub/repos/manage/webhooks/ */
export const dockerHub: Door = {
  proofs: [{ kind: 'path' }],
  read(event) {
    const { push_data: data, repository } = needed(push, event);
    const image = imageAt('docker.io', repository.repo_name);
    if (image === null) throw wrong('repository.repo_name', 'is no name of a repository');
    const { tag, pusher: publisher, pushed_at: at } = data;
    return [tag ? imageChange({ image, tag, publisher, at: timeOf(at) }) : noTag(image)];
  },
};
