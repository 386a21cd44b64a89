import type { Item, Table } from './table.ts';

/** A table that lives as long as the process: what a run without a cloud, and a test, works with. */
export function memoryTable(now: () => Date = () => new Date()): Table {
  const items = new Map<string, Item & { readonly expires: Date }>();
  const living = (key: string): Item | null => {
    const item = items.get(key);
    return item === undefined || item.expires <= now() ? null : { value: item.value, version: item.version };
  };
  return {
    read: async (key) => living(key),
    write: async (key, value, version, expires) => {
      if ((living(key)?.version ?? null) !== version) return false;
      // As a table in the cloud would have it: what was put in is not what comes out.
      items.set(key, { value: JSON.parse(JSON.stringify(value)), version: (version ?? 0) + 1, expires });
      return true;
    },
  };
}
