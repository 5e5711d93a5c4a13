// Proves that a release can be served: starts the real server on a free port, asks it for a trip over HTTP,
// compares the answer with the model's own, and ends the server, whatever happens.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { round } from './files.mjs';
import { predictTrip, readModel } from './predict.mjs';
import { Trouble } from './stage.mjs';

const STARTS_WITHIN_MS = 15_000;
const ANSWERS_WITHIN_MS = 5_000;
const STOPS_WITHIN_MS = 1_500;

/**
 * @param {{serve: string, folder: string, digest: string}} options `serve`: the server's script
 * @returns {Promise<number>} the minutes it answered
 */
export async function proveRelease({ serve, folder, digest }) {
  const model = await readModel(join(folder, 'model.json'));
  const expected = round(predictTrip(model, model.example), 4);
  // The server lives no longer than the pipe to its stdin, so not even a killed deploy leaves one behind.
  const server = spawn(
    process.execPath,
    [serve, '--release', folder, '--port', '0', '--until-stdin-closes'],
    {
      stdio: ['pipe', 'pipe', 'inherit'],
    },
  );
  const ended = once(server, 'close');
  try {
    const address = await addressOf(server);
    const answer = await ask(`${address}/predict`, model.example);
    if (answer.release !== digest)
      throw new Trouble(`the server answers for release ${answer.release}, not ${digest}`);
    if (answer.minutes !== expected) {
      throw new Trouble(`the server answers ${answer.minutes} minutes where the model says ${expected}`);
    }
    return answer.minutes;
  } finally {
    await stop(server, ended);
  }
}

async function addressOf(server) {
  const lines = createInterface({ input: server.stdout });
  const timer = setTimeout(() => server.kill('SIGKILL'), STARTS_WITHIN_MS);
  try {
    for await (const line of lines) {
      const address = /^serving [0-9a-f]+ on (http:\S+)$/.exec(line)?.[1];
      if (address !== undefined) return address;
    }
  } finally {
    clearTimeout(timer);
  }
  throw new Trouble('the server ended, or said nothing, before it served');
}

async function ask(url, trip) {
  try {
    const response = await fetch(url, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(trip),
      signal: AbortSignal.timeout(ANSWERS_WITHIN_MS),
    });
    const body = await response.json();
    if (!response.ok) throw new Trouble(`the server refused a trip: ${body.error ?? response.status}`);
    return body;
  } catch (error) {
    if (error instanceof Trouble) throw error;
    throw new Trouble(`the server didn't answer: ${error.cause?.code ?? error.message}`);
  }
}

async function stop(server, ended) {
  const timer = setTimeout(() => server.kill('SIGKILL'), STOPS_WITHIN_MS);
  server.kill('SIGTERM');
  await ended;
  clearTimeout(timer);
}
