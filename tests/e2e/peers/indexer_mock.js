'use strict';
// Prism, serving the examples of @blockfrost/openapi on a free loopback port. What the document does not allow is
// answered with an error: 401, 404 or 422.
// usage: node indexer_mock.js NODE_MODULES
// Prints {"port": n} once it answers, and ends when its standard input does.

const {createRequire} = require('module');
const path = require('path');

const [modules] = process.argv.slice(2);
const load = createRequire(path.join(modules, 'peer.js'));
const {createLogger} = load('@stoplight/prism-core');
const {getHttpOperationsFromSpec} = load('@stoplight/prism-http');
const {createServer} = load('@stoplight/prism-http-server');

async function start() {
  const document = path.join(modules, '@blockfrost', 'openapi', 'openapi.yaml');
  const server = createServer(await getHttpOperationsFromSpec(document), {
    cors: false,
    components: {logger: createLogger('prism', {level: 'error'})},
    config: {
      isProxy: false,
      checkSecurity: true,
      errors: true,
      mock: {dynamic: false, ignoreExamples: false},
      validateRequest: true,
      validateResponse: true,
      upstreamProxy: undefined,
    },
  });
  const address = await server.listen(0, '127.0.0.1');
  console.log(JSON.stringify({port: Number(new URL(address).port)}));
}

process.stdin.on('end', () => process.exit(0)).resume();
start().catch(error => {
  console.error(error);
  process.exit(1);
});
