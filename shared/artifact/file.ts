/** One file as it will stand in the repository. `path` is relative, with `/` between its segments. */
export interface File {
  readonly path: string;
  readonly bytes: Uint8Array;
  readonly executable: boolean;
}
