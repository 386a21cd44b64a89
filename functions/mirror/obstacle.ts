import { isImage } from '../../shared/ledger/place.ts';
import type { Obstacle } from './files/decide.ts';

interface Words {
  readonly message: string;
  readonly hint: string;
}

/** How an obstacle is told to people. `owner` is the unit that holds the place, when one does. */
export function obstacleText({ reason, paths }: Obstacle, unit: string, owner: string | null): Words {
  const [first = '', ...others] = paths;
  const where = others.length === 0 ? first : `${first} and ${others.length} more`;
  switch (reason) {
    case 'PlaceEdited':
      return {
        message: `${where} was changed by a person since gitferry released it, so ${unit} waits.`,
        hint: isImage(unit)
          ? 'Set it back to what gitferry wrote there, or set `onEdit: overwrite` on the policy.'
          : 'Put the change where the artifact is built and revert it here, or set `onEdit: overwrite` on the mirror.',
      };
    case 'PlaceOccupied':
      return {
        message: `${where} was there before gitferry and differs, so ${unit} waits.`,
        hint: 'Remove it in a commit, or set `onEdit: overwrite` on the mirror.',
      };
    case 'PlaceTaken':
      return {
        message: `${where} belongs to ${owner ?? 'another unit'}, so ${unit} can't have it.`,
        hint: 'Give the two different places in gitferry.yaml, or publish only one of them.',
      };
    case 'ReferenceMissing':
      return {
        message: `No file below ${where} names the image of ${unit}, so there is nothing to set.`,
        hint: 'Name the image in a manifest, mark its line with {"$imagepolicy": "…"}, or correct `files:` of the policy.',
      };
    case 'ReferenceAmbiguous':
      return {
        message: `${where} could be set by more than one policy, ${unit} among them, so it waits.`,
        hint: 'Mark the line with {"$imagepolicy": "…"}, or give the policies different `files:`.',
      };
    case 'PathBlocked':
      return {
        message: `Something on the way to ${where} is no folder (a file, a symlink, a submodule), so ${unit} can't land.`,
        hint: 'Remove it in a commit, or choose another place in gitferry.yaml.',
      };
  }
}
