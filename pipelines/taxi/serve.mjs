// Serves one release over HTTP: GET / says what it is, POST /predict answers a trip with its minutes.
//
//     node pipelines/taxi/serve.mjs --release deploy/current --port 8080
//     curl -d '{"pickup_zone":74,"dropoff_zone":42,"distance":1.8,"hour":9,"weekday":2}' localhost:8080/predict
//
// The release is read once, at the start: a later deploy doesn't change what a running server answers.
import { realpath } from 'node:fs/promises';
import { createServer } from 'node:http';
import { join } from 'node:path';
import { round } from './lib/files.mjs';
import { predictTrip, readModel } from './lib/predict.mjs';
import { verifyRelease } from './lib/release.mjs';
import { runStage, Trouble } from './lib/stage.mjs';

const MAX_BODY_BYTES = 64 * 1024;

await runStage(
  'serve',
  {
    release: { type: 'text' },
    host: { type: 'text', default: '127.0.0.1' },
    port: { type: 'integer', default: 8080 },
    // For a parent that must not leave a server behind even when it is killed: its end closes the pipe.
    'until-stdin-closes': { type: 'switch' },
  },
  async (flags) => {
    const folder = await realpath(flags.release).catch(() => {
      throw new Trouble(`there is no release at ${flags.release}`);
    });
    const release = await verifyRelease(folder);
    const model = await readModel(join(folder, 'model.json'));
    const server = createServer((request, response) => {
      answer(request, release, model).then(
        ({ status, body }) => send(response, status, body),
        () => response.destroy(),
      );
    });
    server.headersTimeout = 5000;
    server.requestTimeout = 10_000;
    await listen(server, flags);
    const stop = () => {
      server.close();
      server.closeAllConnections();
      // An open stdin would keep the process alive.
      process.stdin.destroy();
    };
    process.once('SIGTERM', stop).once('SIGINT', stop);
    if (flags['until-stdin-closes']) process.stdin.once('close', stop).resume();
    console.log(`serving ${release.digest} on http://${flags.host}:${server.address().port}`);
  },
);

function listen(server, { host, port }) {
  return new Promise((resolve, reject) => {
    server.once('error', (error) => reject(new Trouble(`can't listen on ${host}:${port} (${error.code})`)));
    server.listen(port, host, resolve);
  });
}

async function answer(request, release, model) {
  const { pathname } = new URL(request.url, 'http://localhost');
  if (pathname === '/' && request.method === 'GET') {
    const { digest, run_id, rmse, source_label } = release;
    return { status: 200, body: { digest, run_id, rmse, source_label, features: model.features } };
  }
  if (pathname !== '/predict') return { status: 404, body: { error: 'there is GET / and POST /predict' } };
  if (request.method !== 'POST') return { status: 405, body: { error: 'POST a trip as JSON' } };
  const text = await readBody(request);
  if (text === null) return { status: 413, body: { error: `more than ${MAX_BODY_BYTES} bytes` } };
  let trip;
  try {
    trip = JSON.parse(text);
  } catch {
    return { status: 400, body: { error: "the body isn't JSON" } };
  }
  const missing = model.features.filter((name) => !Number.isFinite(trip?.[name]));
  if (missing.length > 0)
    return { status: 400, body: { error: `a number is needed for ${missing.join(', ')}` } };
  return { status: 200, body: { minutes: round(predictTrip(model, trip), 4), release: release.digest } };
}

async function readBody(request) {
  const chunks = [];
  let sizeBytes = 0;
  for await (const chunk of request) {
    sizeBytes += chunk.length;
    // The rest is read and dropped, so that the client gets its answer instead of a reset.
    if (sizeBytes <= MAX_BODY_BYTES) chunks.push(chunk);
  }
  return sizeBytes > MAX_BODY_BYTES ? null : Buffer.concat(chunks).toString('utf8');
}

function send(response, status, body) {
  response.writeHead(status, { 'content-type': 'application/json' });
  response.end(`${JSON.stringify(body)}\n`);
}
