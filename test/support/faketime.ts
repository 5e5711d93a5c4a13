/** The library behind `faketime`, for processes that a test starts by themselves: with LD_PRELOAD and FAKETIME. */
import { existsSync } from 'node:fs';

const PLACES = [
  '/usr/lib/x86_64-linux-gnu/faketime/libfaketime.so.1',
  '/usr/lib/aarch64-linux-gnu/faketime/libfaketime.so.1',
  '/usr/lib/faketime/libfaketime.so.1',
];

/** undefined where it isn't installed. */
export const FAKETIME_LIBRARY = PLACES.find((path) => existsSync(path));
