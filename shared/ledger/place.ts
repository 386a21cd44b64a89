/** The ledger's name of a reference's place: its file, and where in it. */
export function placeOf(path: string, id: string): string {
  return `${path.replace(/[%#]/gu, (sign) => encodeURIComponent(sign))}#${id}`;
}

/** The file of a place. */
export function fileOf(place: string): string {
  return decodeURIComponent(place.slice(0, place.indexOf('#')));
}

/** Whether a unit is an image policy: its id is the policy's name, and names hold no `#`. */
export function isImage(unit: string): boolean {
  return !unit.includes('#');
}
