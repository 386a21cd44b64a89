import assert from 'node:assert/strict';
import { request } from 'node:http';
import { isIPv6, type LookupFunction } from 'node:net';
import { it } from 'node:test';
import { isRefusedAddress, publicAgentOf } from '../../shared/http/agent.ts';
import { ociRegistry } from '../../shared/source/registry.ts';
import { Addresses } from '../../shared/source/registry-address.ts';
import { fakeRegistry } from '../servers/fake-registry.ts';
import { client, failure, MANIFEST, served } from './fixture.ts';

/** What becomes of a connection to a name that resolves to these; nothing is sent to any of them. */
async function connecting(addresses: readonly { address: string; family: number }[]): Promise<Error> {
  const lookup = ((_name, _options, done) => done(null, [...addresses])) as LookupFunction;
  return new Promise((done) => {
    const asked = request({ host: 'registry.example', agent: publicAgentOf('http:'), lookup });
    asked.once('error', done).end();
  });
}

const INSIDE = [
  ...['127.0.0.1', '127.8.8.8', '0.0.0.0', '10.0.0.1', '172.16.0.1', '172.31.255.255', '192.168.1.1'],
  ...['169.254.169.254', '169.254.170.2', '100.64.0.1', '100.127.255.255', '224.0.0.1', '239.1.1.1', '240.0.0.1'],
  ...['255.255.255.255', '192.0.2.1', '198.18.0.1', '::', '::1', 'fe80::1', 'fc00::1', 'fd00:ec2::254', 'ff02::1'],
  ...['::ffff:127.0.0.1', '::ffff:7f00:1', '::ffff:10.0.0.1', '64:ff9b::a9fe:a9fe', '2002:7f00:1::', '2001:db8::1'],
];
for (const address of INSIDE)
  it(`does not connect to ${address}`, async () => {
    const family = isIPv6(address) ? 6 : 4;
    assert.ok(isRefusedAddress(await connecting([{ address, family }])));
    const beside = { address: '93.184.216.34', family: 4 };
    assert.ok(isRefusedAddress(await connecting([beside, { address, family }])), 'nor when it hides behind another');
  });

it('refuses no public address', async () => {
  // Node refuses these families after the agent has looked at the addresses, and before it connects.
  for (const address of ['93.184.216.34', '52.95.110.1', '2606:4700::1111'])
    assert.ok(!isRefusedAddress(await connecting([{ address, family: 5 }])), address);
});

const refusal = { name: 'Stalled', reason: 'AddressRefused' };

it('asks nothing of a registry inside the network that is not listed', async () => {
  await using registry = await fakeRegistry(() => served);
  const port = registry.host.split(':')[1];
  for (const privateRegistries of [[], ['127.0.0.1:1'], ['10.0.0.1'], ['localhost']])
    for (const host of ['127.0.0.1', '[::1]', '[::ffff:127.0.0.1]', '127.1']) {
      const image = `${host}:${port}/acme/api`;
      await assert.rejects(ociRegistry({ privateRegistries }).resolve(image, '1'), refusal, host);
      await assert.rejects(ociRegistry({ privateRegistries }).tags(image), refusal, host);
    }
  await assert.rejects(ociRegistry().resolve(`localhost:${port}/acme/api`, '1'), refusal, 'by its name');
  assert.equal(registry.connections, 0);
  const listed = ociRegistry({ privateRegistries: ['127.0.0.1'] });
  assert.equal((await listed.resolve(`${registry.host}/acme/api`, '1'))?.digest, MANIFEST.digest);
});

it('asks nothing of a realm or a redirect inside the network', async () => {
  await using inside = await fakeRegistry(() => served);
  await using registry = await fakeRegistry(() => ({ status: 307, headers: { location: `${inside.url}/x` } }));
  const { images, image } = client([registry]);
  const error = await failure(images.resolve(image, '1'));
  assert.deepEqual([error.reason, error.facts], ['AddressRefused', { host: inside.host }]);
  assert.match(error.hint, /GITFERRY_PRIVATE_REGISTRIES/u);
  assert.equal(inside.connections, 0);
});

it('follows a redirect to a registry that may be asked, without credentials', async () => {
  await using other = await fakeRegistry(() => served);
  await using registry = await fakeRegistry(({ headers }) =>
    headers.authorization === undefined
      ? { status: 401, headers: { 'www-authenticate': 'Basic realm="x"' } }
      : { status: 307, headers: { location: `http://u:p@${other.host}/v2/api/manifests/1` } },
  );
  const credentials = async () => ({ username: 'ada', password: 'p4ssword' });
  const { images, image } = client([registry, other], { credentials });
  assert.equal((await images.resolve(image, '1'))?.digest, MANIFEST.digest);
  assert.deepEqual(
    other.asked.map(({ path, headers }) => [path, headers.authorization]),
    [['/v2/api/manifests/1', undefined]],
  );
});

it('tells no password to a realm that another server names', async () => {
  await using realm = await fakeRegistry(() => served);
  const challenge = `Bearer realm="${realm.url}/token"`;
  await using other = await fakeRegistry(() => ({ status: 401, headers: { 'www-authenticate': challenge } }));
  await using registry = await fakeRegistry(() => ({ status: 307, headers: { location: `${other.url}/x` } }));
  const credentials = async () => ({ username: 'ada', password: 'p4ssword' });
  const { images, image } = client([registry, other, realm], { credentials });
  await assert.rejects(images.resolve(image, '1'), { name: 'Stalled', reason: 'RegistryDenied' });
  assert.equal(realm.connections, 0);
});

const leads = ['https://registry.example.com/x', 'ftp://registry.example.com/', 'http://[', '/again'];
for (const location of leads)
  it(`does not follow a redirect to ${location}`, async () => {
    await using registry = await fakeRegistry(() => ({ status: 302, headers: { location } }));
    const { images, image } = client([registry]);
    await assert.rejects(images.resolve(image, '1'), { name: 'Stalled', reason: 'RedirectRefused' });
    assert.ok(registry.asked.length <= 4);
  });

it('asks without TLS on this machine alone, and only what is listed', () => {
  const listed = ['127.0.0.1:5055', 'localhost', '10.0.0.1', 'harbor.example:8080', '[::1]:5000'];
  const { originOf } = { originOf: (registry: string) => new Addresses(listed).originOf(registry).href };
  assert.equal(originOf('127.0.0.1:5055'), 'http://127.0.0.1:5055/');
  assert.equal(originOf('localhost:1'), 'http://localhost:1/');
  assert.equal(originOf('[::1]:5000'), 'http://[::1]:5000/');
  assert.equal(originOf('127.0.0.1:5056'), 'https://127.0.0.1:5056/');
  assert.equal(originOf('10.0.0.1'), 'https://10.0.0.1/');
  assert.equal(originOf('harbor.example:8080'), 'https://harbor.example:8080/');
  assert.equal(originOf('127.0.0.1.example.com'), 'https://127.0.0.1.example.com/');
  assert.equal(originOf('quay.io'), 'https://quay.io/');
  assert.equal(originOf('docker.io'), 'https://registry-1.docker.io/');
  assert.throws(() => originOf('quay.io:99999'), { name: 'Stalled', reason: 'NotARegistry' });
});
