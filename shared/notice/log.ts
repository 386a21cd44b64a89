/** One line of JSON to the function's log; whatever a fact holds can't start a line of its own. */
export function log(message: string, facts: Readonly<Record<string, unknown>>): void {
  const plain = (_key: string, value: unknown): unknown =>
    value instanceof Error ? { name: value.name, message: value.message } : value;
  console.log(JSON.stringify({ at: new Date().toISOString(), message, ...facts }, plain));
}
