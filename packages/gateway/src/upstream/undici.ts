/**
 * The parts of undici that a gateway needs, each from its own file: the package's entry loads all of it (fetch, mocks,
 * WebSockets), which takes 5 MB of memory and a tenth of the start-up. Its exact version is pinned.
 */
import connect from 'undici/lib/api/api-connect.js';
import request from 'undici/lib/api/api-request.js';
import buildConnector from 'undici/lib/core/connect.js';
import errors from 'undici/lib/core/errors.js';
import Agent from 'undici/lib/dispatcher/agent.js';
import Dispatcher from 'undici/lib/dispatcher/dispatcher.js';
import Pool from 'undici/lib/dispatcher/pool.js';
import ProxyAgent from 'undici/lib/dispatcher/proxy-agent.js';

// The package's entry gives every dispatcher its methods; without it `request` would be
// missing, and `connect`, by which a proxy's tunnel is opened.
Object.assign(Dispatcher.prototype, { connect, request });

export { Agent, buildConnector, errors, Pool, ProxyAgent };
