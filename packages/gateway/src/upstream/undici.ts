/**
 * The parts of undici that a gateway needs, each from its own file: the package's entry loads all of it (fetch, mocks,
 * WebSockets), which takes 5 MB of memory and a tenth of the start-up. Its exact version is pinned.
 */
import buildConnector from 'undici/lib/core/connect.js';
import errors from 'undici/lib/core/errors.js';
import Agent from 'undici/lib/dispatcher/agent.js';
import Pool from 'undici/lib/dispatcher/pool.js';
import ProxyAgent from 'undici/lib/dispatcher/proxy-agent.js';

export { Agent, buildConnector, errors, Pool, ProxyAgent };
