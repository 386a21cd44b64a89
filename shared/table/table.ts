/** A value, and which writing of it this is. */
export interface Item {
  readonly value: unknown;
  readonly version: number;
}

/**
 * Small state that may be lost: which look at a release comes next, which notice was sent. Losing it costs a repeated
 * message, never a release. Every method throws Retryable TableUnavailable.
 */
export interface Table {
  /** Null when there is none, or it has expired. */
  read(key: string): Promise<Item | null>;

  /**
   * Writes if the item still has this version (null: if there is none, or it has expired); false when it has not. What
   * expires is gone at that time, as far as `read` and `write` tell.
   */
  write(key: string, value: unknown, version: number | null, expires: Date): Promise<boolean>;
}
