/**
 * One of the processes that fight for a lock in lock.test.ts: adds a line with the next number to a file under the
 * lock, again and again, until it is killed or the file `stop` appears. Prints a dot for each line.
 */
import { appendFileSync, existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { waitForLock } from '../../src/base/lock.ts';

async function main(dir: string): Promise<void> {
  const file = join(dir, 'numbers');
  while (!existsSync(join(dir, 'stop'))) {
    const taken = await waitForLock(dir, 'hammer', `worker ${process.pid}`, { pollMs: 1 });
    if (!taken.ok) throw new Error(JSON.stringify(taken.error));
    // Reading and writing apart, with a chance for others in between: without the lock, numbers come twice.
    const count = readFileSync(file, 'utf8').split('\n').length - 1;
    await new Promise((resolve) => setImmediate(resolve));
    appendFileSync(file, `${count + 1} ${process.pid}\n`);
    taken.value.release();
    process.stdout.write('.');
    // Or it would take the lock again before anybody else has looked.
    await new Promise((resolve) => setTimeout(resolve, Math.random() * 3));
  }
}

void main(process.argv[2]!);
