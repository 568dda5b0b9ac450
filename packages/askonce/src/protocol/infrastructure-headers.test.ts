import { describe, expect, it } from 'vitest';
import { chatRequest, identifierWith, outcomeOf, question } from '../../../../test/support/identify.ts';
import { passedHeaders, providerHeaders } from '../adapters/http/provider-headers.ts';
import type { ProtocolName } from './contract.ts';
import { infrastructureGroups, infrastructureHeaders } from './infrastructure-headers.ts';

const identify = identifierWith();
const keyWith = (header: string, value: string, protocol: ProtocolName = 'openai-chat') =>
  outcomeOf(
    identify,
    chatRequest(question, { protocol, headers: { authorization: 'Bearer one', [header]: value } }),
  );

/** What each piece of infrastructure is seen to put on a request. */
const added: Readonly<Record<string, string>> = {
  'an AWS load balancer': 'X-Amzn-Trace-Id X-Forwarded-For X-Amzn-Tls-Version X-Amzn-Oidc-Data',
  CloudFront: 'X-Amz-Cf-Id CloudFront-Viewer-Country CloudFront-Viewer-Address CloudFront-Is-Mobile-Viewer',
  Cloudflare: 'CF-Ray CF-Connecting-IP CF-IPCountry CF-Visitor CDN-Loop True-Client-IP CF-EW-Via CF-Worker',
  'Google Cloud': 'X-Cloud-Trace-Context X-AppEngine-Request-Log-Id X-AppEngine-User-IP X-AppEngine-City',
  'Identity-Aware Proxy': 'X-Goog-IAP-JWT-Assertion',
  'Azure Front Door': 'X-Azure-Ref X-Azure-ClientIP X-Azure-SocketIP X-Azure-FDID X-Azure-RequestChain',
  'Azure App Service': 'X-ARR-LOG-ID X-WAWS-Unencoded-URL Disguised-Host Client-IP X-MS-Token-AAD-Id-Token',
  'Azure clients': 'x-ms-client-request-id x-ms-correlation-request-id x-ms-return-client-request-id',
  Vercel: 'x-vercel-id x-vercel-ip-country x-vercel-forwarded-for x-vercel-proxied-for',
  Netlify: 'x-nf-request-id x-nf-client-connection-ip',
  'Fly.io': 'fly-client-ip fly-request-id fly-region fly-forwarded-port',
  Heroku: 'X-Request-Start Connect-Time Total-Route-Time Via X-Request-ID',
  Railway: 'x-railway-request-id x-railway-edge',
  Fastly: 'Fastly-Client-IP Fastly-FF X-Timer X-Varnish',
  Akamai: 'Akamai-Origin-Hop X-Akamai-Edgescape',
  Alibaba: 'EagleEye-TraceId EagleEye-RpcId Ali-CDN-Real-IP X-FC-Request-Id',
  Envoy: 'x-envoy-attempt-count x-envoy-expected-rq-timeout-ms x-envoy-external-address x-ot-span-context',
  Linkerd: 'l5d-ctx-trace l5d-dst-canonical l5d-reqid',
  nginx: 'X-Real-IP X-Original-URI X-Scheme X-Original-Forwarded-For',
  OpenTelemetry: 'traceparent tracestate baggage',
  Zipkin: 'b3 X-B3-TraceId X-B3-SpanId X-B3-Sampled',
  Jaeger: 'uber-trace-id uberctx-user jaeger-debug-id',
  Datadog: 'x-datadog-trace-id x-datadog-parent-id x-datadog-sampling-priority x-datadog-tags',
  'New Relic': 'newrelic x-newrelic-id x-newrelic-transaction',
  Dynatrace: 'x-dynatrace x-dtpc',
  AppDynamics: 'singularityheader ADRUM ADRUM_1',
  Instana: 'X-INSTANA-T X-INSTANA-S X-INSTANA-L',
  SkyWalking: 'sw8 sw8-correlation sw8-x',
  Elastic: 'elastic-apm-traceparent',
  Sentry: 'sentry-trace',
  Honeycomb: 'x-honeycomb-trace',
  'official clients':
    'User-Agent x-stainless-retry-count x-stainless-timeout Idempotency-Key x-fern-sdk-version',
  'Google clients': 'x-goog-api-client x-server-timeout',
  'AWS clients': 'amz-sdk-invocation-id amz-sdk-request x-amz-user-agent',
  'Cloud Foundry': 'X-Vcap-Request-Id X-CF-ApplicationID X-CF-InstanceID X-CF-InstanceIndex',
  'IBM and Oracle': 'X-Global-Transaction-Id opc-request-id Oracle-DMS-ECID',
  'Bunny and Varnish': 'CDN-RequestId CDN-RequestCountryCode Surrogate-Capability',
  'VPC Lattice and WAF': 'x-amzn-lattice-network x-amzn-lattice-target x-amzn-source-vpc x-amzn-waf-verdict',
  'Azure Container Apps': 'x-ms-containerapp-name x-ms-containerapp-revision-name x-k8se-app-name',
  'Cloudflare Access': 'Cf-Access-Jwt-Assertion',
  'an HTTP/2 upgrade': 'HTTP2-Settings',
  'Kuma and Dapr': 'x-kuma-tags dapr-caller-app-id dapr-callee-app-id',
  Codex:
    'x-codex-turn-state x-codex-turn-metadata x-codex-window-id x-codex-installation-id x-openai-subagent',
  'Claude Code': 'X-Claude-Code-Session-Id x-claude-code-agent-id x-claude-remote-session-id',
  opencode: 'x-opencode-session x-opencode-request x-session-affinity',
  'Kilo Code and Roo': 'X-KiloCode-TaskId X-KiloCode-Version x-roo-task-id',
  'Open WebUI': 'X-OpenWebUI-Chat-Id X-OpenWebUI-Message-Id',
  Copilot: 'x-interaction-id x-initiator x-agent-task-id',
  Helicone: 'Helicone-Session-Id Helicone-Session-Path Helicone-Property-Job',
  LangSmith: 'langsmith-trace',
  browsers: 'sec-ch-ua sec-fetch-mode dnt priority save-data Accept-Language upgrade-insecure-requests',
};

describe('headers of infrastructure', () => {
  it.each(Object.entries(added))('what %s adds to a request does not part its answers', (_who, names) => {
    for (const name of names.split(' ')) {
      for (const protocol of ['openai-chat', 'anthropic-messages'] as const)
        expect([name, keyWith(name, 'one', protocol)]).toEqual([name, keyWith(name, 'two', protocol)]);
    }
  });

  it.each([
    'Authorization',
    'x-api-key',
    'api-key',
    'Ocp-Apim-Subscription-Key',
    'X-Amzn-Oidc-Identity',
    'X-Goog-Authenticated-User-Id',
    'X-MS-Client-Principal-Id',
    'X-AppEngine-User-Email',
    'CF-Access-Client-Secret',
    'X-FC-Security-Token',
    'X-Vercel-Oidc-Token',
    'X-Consumer-Id',
    'l5d-client-id',
    'X-Amzn-Lattice-Identity',
    'X-OpenWebUI-User-Email',
    'X-KiloCode-OrganizationId',
  ])('%s names the caller, and parts', (name) => {
    expect(keyWith(name, 'one')).not.toBe(keyWith(name, 'two'));
  });

  it.each([
    'x-dashscope-datainspection',
    'x-amzn-bedrock-guardrailidentifier',
    'cf-aig-cache-ttl',
    'x-goog-request-params',
    'x-ms-enable-preview',
    'x-novelty',
    'x-session-id',
    'x-codex-beta-features',
    'x-litellm-tags',
    'helicone-fallbacks',
    'prefer',
  ])('%s may change the answer, and counts', (name) => {
    expect(keyWith(name, 'one')).not.toBe(keyWith(name, 'two'));
  });

  it('the headers that switch betas on count', () => {
    const beta = (value: string) => keyWith('anthropic-beta', value, 'anthropic-messages');
    expect(beta('one')).not.toBe(beta('two'));
  });

  it('the names of a session by Codex and of the program by Claude Code part nothing in their own protocols', () => {
    for (const name of ['session_id', 'session-id', 'thread-id', 'conversation_id', 'originator'])
      expect([name, keyWith(name, 'one', 'openai-responses')]).toEqual([
        name,
        keyWith(name, 'two', 'openai-responses'),
      ]);
    expect(keyWith('x-app', 'one', 'anthropic-messages')).toBe(keyWith('x-app', 'two', 'anthropic-messages'));
    expect(keyWith('session_id', 'one')).not.toBe(keyWith('session_id', 'two'));
  });

  it('every name stands in one group, in lower case', () => {
    const names = infrastructureGroups.flatMap((group) => group.names.trim().split(/\s+/));
    expect(new Set(names).size).toBe(names.length);
    expect(Object.keys(infrastructureHeaders)).toEqual(names);
    expect(names.filter((name) => !/^[a-z0-9_-]+\*?$/.test(name))).toEqual([]);
  });

  it("a trace goes on to the provider, the client's address does not", () => {
    const headers = {
      traceparent: '00-1-2-01',
      'x-datadog-trace-id': '1',
      'true-client-ip': '192.0.2.1',
      'cf-ipcountry': 'PT',
    };
    const trace = { traceparent: '00-1-2-01', 'x-datadog-trace-id': '1' };
    expect(providerHeaders('openai-chat', headers)).toEqual(trace);
    expect(passedHeaders(Object.entries(headers).flat(), headers)).toEqual(Object.entries(trace).flat());
  });
});
