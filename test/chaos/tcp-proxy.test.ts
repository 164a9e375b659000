import assert from 'node:assert/strict';
import { once } from 'node:events';
import {
  type AddressInfo,
  createConnection,
  createServer,
  type Server,
  type Socket,
} from 'node:net';
import { startTcpProxy, type TcpProxy } from '../../scripts/chaos/tcp-proxy.js';

const portOf = (server: Server): number => (server.address() as AddressInfo).port;
const UPGRADE = 'GET /ws HTTP/1.1\r\nUpgrade: websocket\r\n\r\n';

describe('a line that can be troubled', () => {
  let server: Server;
  let proxy: TcpProxy;
  const sockets: Socket[] = [];
  before(async () => {
    // It sends back what it gets.
    server = createServer((socket) => {
      socket.on('error', () => {});
      socket.pipe(socket);
    });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
  });
  beforeEach(async () => {
    proxy = await startTcpProxy(portOf(server));
  });
  afterEach(async () => {
    for (const socket of sockets.splice(0)) socket.destroy();
    await proxy.stop();
  });
  after(() => void server.close());

  const connect = (): Socket => {
    const socket = createConnection({ host: '127.0.0.1', port: proxy.port });
    sockets.push(socket);
    return socket;
  };
  const echoed = async (socket: Socket, text: string): Promise<string> => {
    socket.write(text);
    const [part] = await once(socket, 'data');
    return String(part);
  };
  const closed = async (socket: Socket): Promise<string> => {
    socket.resume();
    const [error] = await once(socket, 'error');
    return (error as NodeJS.ErrnoException).code ?? '';
  };

  it('passes what comes, and after a stall all of it', async () => {
    const socket = connect();
    assert.equal(await echoed(socket, 'one'), 'one');
    proxy.become('stall');
    let isHeard = false;
    const late = echoed(socket, 'two').finally(() => {
      isHeard = true;
    });
    const straight = createConnection({ host: '127.0.0.1', port: portOf(server) });
    sockets.push(straight);
    for (let time = 0; time < 20; time++) await echoed(straight, 'beside it');
    assert.equal(isHeard, false);
    proxy.become('pass');
    assert.equal(await late, 'two');
  });

  it('swallows for ever what was open meanwhile, and serves who comes after', async () => {
    const socket = connect();
    assert.equal(await echoed(socket, 'one'), 'one');
    proxy.become('swallow');
    proxy.become('pass');
    const heard: unknown[] = [];
    socket.on('data', (part) => heard.push(part));
    socket.on('close', () => heard.push('closed'));
    socket.write('two');
    assert.equal(await echoed(connect(), 'three'), 'three');
    assert.deepEqual(heard, []);
  });

  it('cuts WebSockets alone, or all', async () => {
    const [web, plain] = [connect(), connect()];
    assert.equal(await echoed(web, UPGRADE), UPGRADE);
    assert.equal(await echoed(plain, 'one'), 'one');
    const end = closed(web);
    assert.equal(proxy.cut('webSockets'), 1);
    assert.equal(await end, 'ECONNRESET');
    assert.equal(await echoed(plain, 'two'), 'two');
    const last = closed(plain);
    assert.equal(proxy.cut('all'), 1);
    assert.equal(await last, 'ECONNRESET');
  });

  it('refuses', async () => {
    proxy.become('refuse');
    assert.equal(await closed(connect()), 'ECONNRESET');
  });
});
