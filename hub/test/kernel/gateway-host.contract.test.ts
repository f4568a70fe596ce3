/** The KernelHost contract over a remote engine: a real Jupyter server, by both protocols of its WebSocket. */
import { GatewayHost } from '../../src/kernel/gateway-host.js';
import { kernelHostContract } from '../contracts/kernel-host.js';
import { JupyterServer } from '../support/jupyter-server.js';

const promises = { keepsJournal: false, knowsAllRequests: false, startsInFolder: false, adoptsExisting: false };
const defaultProtocol = { 'ZMQChannelsWebsocketConnection.kernel_ws_protocol': '' };

for (const [name, settings] of Object.entries({ v1: {}, 'default protocol': defaultProtocol })) {
  kernelHostContract(`remote engine (${name})`, promises, async () => {
    const server = await JupyterServer.start({ settings });
    const { url, token } = server;
    const file = server.file('kernels.json');
    // One store is one hub's: two hubs at one host are two holds on it here.
    const host = new GatewayHost({ url, token, file, now: () => performance.now(), log: () => undefined });
    const stop = async (): Promise<void> => {
      await host.close();
      await server.stop();
    };
    return { host, otherHost: host, stop };
  });
}
