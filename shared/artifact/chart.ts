import { Rejected } from '../errors.ts';
import { readDocuments } from '../manifest/documents.ts';
import { parseVersion } from '../version.ts';
import { type Limits, unpack } from './archive.ts';
import type { File } from './file.ts';
import { shown } from './path.ts';

/** A Helm chart, checked: `name` and `version` are those of its file name and of its Chart.yaml, which agree. */
export interface Chart {
  readonly name: string;
  readonly version: string;
  /** Paths are relative to the chart's own folder. */
  readonly files: readonly File[];
}

const MAX_NAME = 250;
const MAX_VERSION = 128;
/** Helm's best practices, and what `helm lint` asks: no `.`, `..` or `/` comes through. */
const NAME = /^[a-z0-9](?:[a-z0-9._-]*[a-z0-9])?$/u;
const MAX_CHART_YAML = 1024 * 1024;
/** As Helm's loader finds them; `helm package` writes subcharts unpacked. */
const PACKED_SUBCHART = /(?:^|\/)charts\/[^/]+\.tgz$/iu;

function isVersion(text: string): boolean {
  return text.length <= MAX_VERSION && !text.startsWith('v') && parseVersion(text) !== null;
}

/** Reads `podinfo-6.14.1.tgz`: split at the leftmost `-` whose rest is a semantic version. Null when there is none. */
export function parseChartFileName(fileName: string): { readonly name: string; readonly version: string } | null {
  if (!fileName.endsWith('.tgz') || fileName.length > MAX_NAME + MAX_VERSION + 5) return null;
  const stem = fileName.slice(0, -'.tgz'.length);
  for (let dash = stem.indexOf('-'); dash !== -1; dash = stem.indexOf('-', dash + 1)) {
    const [name, version] = [stem.slice(0, dash), stem.slice(dash + 1)];
    if (isVersion(version)) return name.length <= MAX_NAME && NAME.test(name) ? { name, version } : null;
  }
  return null;
}

function invalid(sentence: string, hint = 'Pack the chart by `helm package`.'): Rejected {
  return new Rejected('ChartInvalid', sentence, { hint });
}

/** Chart.yaml, of which only name, version and apiVersion are read; nothing that it refers to is followed. */
function parseMetadata(bytes: Uint8Array): Readonly<Record<string, unknown>> {
  if (bytes.length > MAX_CHART_YAML) throw invalid('The Chart.yaml is larger than 1 MiB.');
  let documents: readonly unknown[];
  try {
    documents = readDocuments(new TextDecoder('utf-8', { fatal: true }).decode(bytes));
  } catch (cause) {
    const why = cause instanceof Rejected ? cause.message : 'It is not text in UTF-8.';
    throw new Rejected('ChartInvalid', `The Chart.yaml can't be read. ${why}`, {
      hint: 'Correct the Chart.yaml, and pack the chart again.',
      cause,
    });
  }
  const [metadata] = documents;
  if (documents.length !== 1 || typeof metadata !== 'object' || metadata === null) {
    throw invalid('The Chart.yaml is not one mapping.');
  }
  return metadata as Readonly<Record<string, unknown>>;
}

function checkMetadata(bytes: Uint8Array, name: string, version: string): void {
  const metadata = parseMetadata(bytes);
  const apiVersion = metadata.apiVersion;
  if (apiVersion !== 'v1' && apiVersion !== 'v2') {
    throw invalid('The Chart.yaml has another apiVersion than v1 or v2.');
  }
  if (metadata.name !== name || metadata.version !== version) {
    const found = [metadata.name, metadata.version].map((text) => (typeof text === 'string' ? shown(text) : 'no text'));
    throw new Rejected(
      'ChartNameMismatch',
      `The file is named ${name} ${version}, its Chart.yaml says ${found.join(' ')}.`,
      {
        hint: 'Upload the file under the name that `helm package` gave it.',
        facts: { name, version },
      },
    );
  }
}

/** The files relative to the chart's folder, which is the only thing that a chart's archive holds. */
function relative(files: readonly File[], name: string): readonly File[] {
  return files.map((file) => {
    if (!file.path.startsWith(`${name}/`)) {
      throw invalid(`The archive holds ${shown(file.path)}, which is not in the chart's own folder ${shown(name)}.`);
    }
    return { ...file, path: file.path.slice(name.length + 1) };
  });
}

/**
 * Reads and checks a packed Helm chart. Dependencies and schemas are files like others: nothing that they name is read.
 *
 * @throws Rejected `ChartNameInvalid`, `ChartNameMismatch`, `ChartInvalid`, and what `unpack` throws
 */
export async function readChart(fileName: string, bytes: Uint8Array, limits: Limits): Promise<Chart> {
  const parsed = parseChartFileName(fileName);
  if (parsed === null) {
    throw new Rejected('ChartNameInvalid', `${shown(fileName)} is not named <name>-<semantic version>.tgz.`, {
      hint: 'Pack the chart by `helm package`, which names it so.',
    });
  }
  const { name, version } = parsed;
  const files = relative(await unpack(fileName, bytes, limits), name);
  const metadata = files.find(({ path }) => path === 'Chart.yaml');
  if (metadata === undefined) throw invalid('The chart has no Chart.yaml.');
  checkMetadata(metadata.bytes, name, version);
  const packed = files.find(({ path }) => PACKED_SUBCHART.test(path));
  if (packed !== undefined)
    throw invalid(`The chart holds a packed subchart, ${shown(packed.path)}, that can't be reviewed.`);
  return { name, version, files };
}
