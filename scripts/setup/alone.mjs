/** Lets one set-up run at a time: others wait for its lock. */
import fs from 'fs';
import path from 'path';
import { ROOT } from './machine.mjs';

const LOCK = path.join(ROOT, '.setup.lock');

/** The holder touches its lock this often; a lock untouched for `LOCK_STALE_MS` was left by a dead process. */
const LOCK_TOUCH_MS = 1000;
const LOCK_STALE_MS = 20000;
const LOCK_LOOK_MS = 200;

function lockAge() {
  try {
    return Date.now() - fs.statSync(LOCK).mtimeMs;
  } catch (error) {
    if (error.code === 'ENOENT') return undefined;
    throw error;
  }
}

function tryToLock() {
  try {
    fs.mkdirSync(LOCK);
    return true;
  } catch (error) {
    if (error.code === 'EEXIST') return false;
    throw error;
  }
}

/** Renames a stale lock before removing it, so that only one of several waiting processes succeeds. */
function breakStaleLock() {
  const age = lockAge();
  if (age === undefined || age < LOCK_STALE_MS) return;
  const aside = `${LOCK}.${process.pid}`;
  try {
    fs.renameSync(LOCK, aside);
    fs.rmdirSync(aside);
  } catch (error) {
    if (error.code !== 'ENOENT') throw error;
  }
}

/** Does the work while no other process does. A signal that ends this process calls `onStop` first. */
export async function alone(work, onStop) {
  let isAnnounced = false;
  while (!tryToLock()) {
    if (!isAnnounced) process.stderr.write('setup: another set-up is running; waiting for it\n');
    isAnnounced = true;
    breakStaleLock();
    await new Promise((resolve) => setTimeout(resolve, LOCK_LOOK_MS));
  }
  const release = () => {
    if (fs.existsSync(LOCK)) fs.rmdirSync(LOCK);
  };
  const stop = (signal) => {
    onStop();
    release();
    process.exit(signal === 'SIGINT' ? 130 : 143);
  };
  const touching = setInterval(() => {
    const now = new Date();
    if (fs.existsSync(LOCK)) fs.utimesSync(LOCK, now, now);
  }, LOCK_TOUCH_MS);
  process.once('SIGINT', stop).once('SIGTERM', stop);
  try {
    await work();
  } finally {
    clearInterval(touching);
    release();
  }
}
