/**
 * Preloaded into a server's process (`--import`), it answers each message of the parent process with what the server
 * has used so far. Plain JavaScript, so that it brings no compiler into the memory that it measures.
 */
import process from 'node:process';
import { isMainThread } from 'node:worker_threads';

const inMicroseconds = ({ user, system }) => user + system;

if (isMainThread && process.send !== undefined) {
  process.on('message', () => {
    process.send({
      processorTime: inMicroseconds(process.cpuUsage()),
      // Of the event loop's thread alone; from Node 23.9.
      eventLoopTime: process.threadCpuUsage === undefined ? null : inMicroseconds(process.threadCpuUsage()),
      residentBytes: process.memoryUsage.rss(),
    });
  });
  // The server must still end by itself.
  process.channel.unref();
}
