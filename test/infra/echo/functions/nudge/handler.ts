/** Knows nobody to tell. */
export async function handler(): Promise<void> {}
