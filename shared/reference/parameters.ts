import { isMap, type YAMLSeq } from 'yaml';
import { type Fields, type Reader, stringOf } from './reader.ts';
import { type Sketch, sketchesIn } from './sketch.ts';

const PARTS: ReadonlySet<string> = new Set(['image', 'registry', 'repository', 'tag', 'digest']);

/** What Argo CD's `helm.parameters` name: values of a chart as a list, each called by its path (`image.tag`). */
export function parameterSketches(reader: Reader, list: YAMLSeq): readonly Sketch[] {
  const groups = new Map<string, Fields>();
  for (const item of list.items) {
    const map = reader.follow(item);
    if (!isMap(map)) continue;
    const { name, value } = reader.fields(map);
    const path = stringOf(name);
    const dot = path.lastIndexOf('.');
    const part = path.slice(dot + 1);
    const prefix = path.slice(0, Math.max(dot, 0));
    if (PARTS.has(part)) groups.set(prefix, { ...groups.get(prefix), [part]: value ?? null });
  }
  return [...groups].flatMap(([prefix, fields]) =>
    sketchesIn(reader, fields, 'values').map((sketch) => ({
      ...sketch,
      key: [prefix, sketch.key].filter(Boolean).join('.'),
    })),
  );
}
