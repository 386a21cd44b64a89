import assert from 'node:assert/strict';
import { beforeEach, describe, it } from 'node:test';
import { busEvent } from '../../infra/local/event-bus.ts';
import { Narrator } from '../../infra/local/narrator.ts';

const BEGUN = new Date('2030-01-01T12:00:00.000Z');
const SOURCE = 's3://releases/charts/web-1.0.0.tgz';

let lines: string[];
let narrator: Narrator;

beforeEach(() => {
  lines = [];
  narrator = new Narrator((line) => lines.push(line.trim().replaceAll(/ {2,}/gu, '  ')), false, BEGUN);
});

function tell(source: string, type: string, detail: Record<string, unknown>): void {
  narrator.tell({ kind: 'event', bus: 'any', event: busEvent({ source, 'detail-type': type, detail }) });
}

const received = (size: number): void =>
  tell('aws.s3', 'Object Created', { bucket: { name: 'releases' }, object: { key: 'charts/web-1.0.0.tgz', size } });

const landed = (release: string, landedAt = '2030-01-01T12:00:01.000Z'): void =>
  tell('gitferry', 'Landed', {
    release,
    unit: 'charts#web',
    commit: '0123456789',
    summary: 'Release web',
    source: SOURCE,
    landedAt,
  });

describe('what npm start prints', () => {
  it('a release once, however often it is told', () => {
    landed('A');
    landed('A');
    landed('B');
    assert.equal(lines.length, 2);
  });

  it('no release of an earlier run', () => {
    landed('A', '2030-01-01T11:59:59.999Z');
    assert.deepEqual(lines, []);
  });

  it('a rejection once, a stall whenever it comes back', () => {
    for (const type of ['Rejected', 'Rejected', 'Stalled', 'Stalled'])
      tell('gitferry', type, { id: type, reason: 'Because', message: '', hint: '', source: SOURCE });
    assert.deepEqual(
      lines.map((line) => line.split(' ')[0]),
      ['rejected', 'stalled', 'stalled'],
    );
  });

  it('a rejection again when the same was uploaded again', () => {
    for (let upload = 1; upload <= 2; upload++) {
      received(5);
      tell('gitferry', 'Rejected', { id: 'R', reason: 'Because', message: '', hint: '', source: SOURCE });
    }
    assert.equal(lines.filter((line) => line.startsWith('rejected')).length, 2);
  });

  it('how long an upload took, and not how long ago it was when its release moves', () => {
    received(5);
    landed('A');
    landed('B');
    assert.match(lines[1] ?? '', /^landed {2}charts\/web-1\.0\.0\.tgz {2}0123456 {2}Release web {2}\d+ ms$/u);
    assert.equal(lines[2], 'landed  charts/web-1.0.0.tgz  0123456  Release web');
  });

  it('what became of a release, once for each of its units', () => {
    const verdict = (unit: string, verdict: string, at = '2030-01-01T12:00:09.000Z'): void =>
      tell('gitferry', 'Verdict', {
        ...{ release: 'A', unit, verdict, at, commit: '0123456789', summary: 'Release web' },
        ...{ source: SOURCE, reason: 'PodNotReady', message: 'It crashes.', hint: 'See its log.' },
      });
    landed('A');
    verdict('charts#web', 'delivered');
    verdict('charts#web', 'delivered');
    verdict('charts#db', 'failed');
    verdict('charts#old', 'failed', '2030-01-01T11:59:00.000Z');
    assert.deepEqual(lines.slice(1), [
      'delivered  charts/web-1.0.0.tgz  0123456  Release web',
      'failed  charts/web-1.0.0.tgz  PodNotReady',
      'It crashes.',
      'See its log.',
    ]);
  });

  it('who was told of a release, once', () => {
    for (const cluster of ['production', 'production', 'staging'])
      narrator.tell({ kind: 'nudged', unit: 'charts#web', release: 'A', cluster });
    assert.deepEqual(lines, ['nudged  production  for charts#web', 'nudged  staging  for charts#web']);
  });

  it('what drifts once, and that it is over', () => {
    const object = { apiVersion: 'apps/v1', kind: 'Deployment', namespace: 'shop', name: 'api\u001b' };
    for (const gone of [false, false, true])
      tell('gitferry', 'Drift', { id: 'D', object, reason: 'Edited', message: '', hint: '', gone });
    assert.deepEqual(lines, [
      'drifted  Deployment shop/api\\u{1b}  Edited',
      'recovered  Deployment shop/api\\u{1b}  Edited',
    ]);
  });

  it('why an upload changes nothing, and not what sweep finds unchanged', () => {
    const nothing = { kind: 'nothing', source: SOURCE, why: 'it stands already' } as const;
    narrator.tell(nothing);
    received(5);
    narrator.tell(nothing);
    narrator.tell(nothing);
    assert.deepEqual(lines.slice(1), ['nothing  charts/web-1.0.0.tgz  it stands already']);
  });

  it('an image by its tag, how long its release took, and why a push changes nothing', () => {
    const image = '127.0.0.1:5055/greeter';
    narrator.tell({ kind: 'pushed', images: [`${image}:1.1.0`] });
    const detail = {
      release: 'A',
      unit: 'flux-system:greeter',
      commit: '0123456789',
      summary: 'Release greeter 1.1.0',
    };
    tell('gitferry', 'Landed', { ...detail, source: `${image}:1.1.0@sha256:${'0'.repeat(64)}` });
    narrator.tell({ kind: 'pushed', images: [`${image}:1.0.0`] });
    narrator.tell({ kind: 'nothing', source: `${image}:1.0.0`, why: 'there is a higher one' });
    assert.match(lines[1] ?? '', /^landed {2}127\.0\.0\.1:5055\/greeter:1\.1\.0 {2}0123456 .* \d+ ms$/u);
    assert.deepEqual(
      [lines[0], ...lines.slice(2)],
      [
        `received  ${image}:1.1.0  an image`,
        `received  ${image}:1.0.0  an image`,
        `nothing  ${image}:1.0.0  there is a higher one`,
      ],
    );
  });

  it('seconds, where it took long', ({ mock }) => {
    const now = mock.method(performance, 'now', () => 0);
    received(5);
    now.mock.mockImplementation(() => 27_400);
    landed('A');
    assert.match(lines[1] ?? '', / 27 s$/u);
  });

  for (const [size, words] of [
    [999, '999 B'],
    [1_500, '1.5 kB'],
    [27_263_000, '27.3 MB'],
  ] as const)
    it(`${size} bytes as ${words}`, () => {
      received(size);
      assert.equal(lines[0], `received  charts/web-1.0.0.tgz  ${words}`);
    });
});
