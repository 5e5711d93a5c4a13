import { expect, it } from 'vitest';
import { createAlarm, pause } from '../../src/triggers/alarm.ts';

const never = new AbortController().signal;

it('rings once for a burst, and not again before something new happens', async () => {
  const alarm = createAlarm({ quietMs: 5, atMostMs: 1_000 });
  for (let at = 0; at < 1_000; at++) alarm.notify();
  await alarm.rings(never);
  alarm.hush();
  const aborted = new AbortController();
  const second = alarm.rings(aborted.signal).then(() => (aborted.signal.aborted ? 'aborted' : 'rang'));
  await pause(20, never);
  aborted.abort();
  expect(await second).toBe('aborted');
});

it('rings for what happens while it is waited for', async () => {
  const alarm = createAlarm({ quietMs: 1, atMostMs: 1_000 });
  const rings = alarm.rings(never);
  alarm.notify();
  await rings;
  expect(alarm.isRaised()).toBe(true);
});

it('rings although it never gets quiet', async () => {
  const alarm = createAlarm({ quietMs: 60_000, atMostMs: 20 });
  const noise = setInterval(alarm.notify, 1);
  await alarm.rings(never);
  clearInterval(noise);
});

it('forgets what was hushed up, also while it is waited for', async () => {
  const alarm = createAlarm({ quietMs: 5, atMostMs: 5 });
  const over = new AbortController();
  alarm.notify();
  let hasRung = false;
  const rings = alarm.rings(over.signal).then(() => {
    hasRung = true;
  });
  alarm.hush();
  await pause(20, never);
  expect(hasRung).toBe(false);
  alarm.notify();
  await rings;
  expect(hasRung).toBe(true);
});

it('a pause ends early when told to', async () => {
  const over = new AbortController();
  const paused = pause(2 ** 30, over.signal);
  over.abort();
  await paused;
  await pause(2 ** 30, over.signal);
});
