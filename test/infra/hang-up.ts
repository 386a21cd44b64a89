// Serves by the git of a folder, asks for refs, hangs up before the answer is read, and ends when nothing is left to do.
import { once } from 'node:events';
import { createServer } from 'node:http';
import { type AddressInfo, connect } from 'node:net';
import { gitHttp } from '../../infra/local/git-http.ts';

const [folder = ''] = process.argv.slice(2);
const server = createServer(gitHttp({ root: folder }, `${folder}:${process.env.PATH}`));
await once(server.listen(0, '127.0.0.1'), 'listening');
const client = connect((server.address() as AddressInfo).port, '127.0.0.1');
client.write('GET /main.git/info/refs?service=git-upload-pack HTTP/1.1\r\nHost: localhost\r\n\r\n');
await once(client, 'readable');
client.destroy();
server.close();
