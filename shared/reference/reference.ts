/** What a reference says of an image; null for a part that it does not carry, or carries and leaves open. */
export interface Value {
  /** As it is written, registry included if it is. */
  readonly name: string | null;
  readonly tag: string | null;
  readonly digest: string | null;
}

/** A place in a YAML file that names an image, or a part of its name: what an image policy may edit. */
export interface Reference {
  /** Stable while the file is edited around it: `<kind>/<namespace>/<name>:<path>`; unique in its file. */
  readonly id: string;
  /** From 1. */
  readonly line: number;
  /** The policy that a marker names (`ns:policy`), null for what was found by the image's name. */
  readonly policy: string | null;
  /** The image that it names, canonical; null where only a part of it stands there (a marker's `:tag`). */
  readonly image: string | null;
  readonly value: Value;
  /** The parts that can be set here; the others stay as they are, or do not stand here at all. */
  readonly carries: readonly (keyof Value)[];
}

/** What a policy wants: `digest` null writes the tag alone. */
export interface Target {
  readonly name: string;
  readonly tag: string;
  readonly digest: string | null;
}

/** Something that people should know of a file, and where. */
export interface Problem {
  readonly reason: string;
  readonly message: string;
  readonly line: number;
  /** The rules that would all set it, by their names, where that is the trouble. */
  readonly rules?: readonly string[];
}
