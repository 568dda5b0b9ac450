/**
 * Headers that clouds, load balancers, meshes, agents and client libraries add to a request on its way. They describe
 * the way and not the question, so they do not count. What names a caller stays a wall: it is part of the credential.
 *
 * Names are listed rather than covered by a vendor's prefix where that vendor also has headers that change an answer.
 */

/** As `HeaderRule` has them; none of these headers counts. */
type InfrastructureRule = 'ignored' | 'stripped' | 'credential';
type InfrastructureTable = Readonly<Record<string, InfrastructureRule>>;

interface HeaderGroup {
  /** Why the rule is right for all of them. */
  readonly because: string;
  readonly rule: InfrastructureRule;
  /** In lower case, separated by white space; a name that ends in `*` matches all names with that prefix. */
  readonly names: string;
}

export const infrastructureGroups: readonly HeaderGroup[] = [
  {
    because: 'tracing',
    rule: 'ignored',
    names: `
      traceparent tracestate traceresponse baggage b3 x-b3-* x-ot-span-context ot-tracer-* ot-baggage-* ot-baggage
      grpc-trace-bin grpc-tags-bin sentry-trace x-datadog-* newrelic x-newrelic-* elastic-apm-traceparent
      uber-trace-id uberctx-* jaeger-debug-id jaeger-baggage x-instana-* x-dynatrace x-dynatrace-* x-dtpc x-dtreferer
      x-ruxit-* sw6 sw8 sw8-* singularityheader adrum* x-honeycomb-trace x-stackify-* pinpoint-* x-tingyun x-tingyun-*
      x-trace x-trace-* x-tv-* traceid trace-id x-traceid span-id x-span-id spanid x-spanid x-parent-span-id
      x-parentspanid x-sampled x-amzn-trace-id x-cloud-trace-context x-appgw-trace-id eagleeye-* x-tt-trace-*
      x-tt-logid langsmith-trace langsmith-parent x-langfuse-* x-portkey-trace-id x-portkey-span-* x-portkey-parent-span-id
      x-litellm-trace-id x-wandb-trace-id x-mlflow-* braintrust-parent x-bt-parent
      x-client-trace-id langsmith-project helicone-session-* helicone-property-* x-splunk-requestid`,
  },
  {
    because: 'identifies one request or its attempts',
    rule: 'ignored',
    names: `
      x-request-id request-id requestid x-requestid x-req-id x-client-request-id x-correlation-id x-correlationid
      correlation-id x-unique-id x-transaction-id x-invocation-id x-call-id x-litellm-call-id helicone-request-id cf-aig-event-id
      request-context correlation-context x-ms-client-request-id x-ms-request-id x-ms-request-root-id
      x-ms-correlation-id x-ms-correlation-request-id x-ms-return-client-request-id x-amzn-requestid
      x-amzn-request-id x-amz-request-id x-amz-cf-id x-amz-apigw-id amz-sdk-invocation-id amz-sdk-request cf-ray
      cf-request-id fastly-request-id x-azure-ref x-azure-ref-originshield x-arr-log-id fly-request-id
      function-execution-id x-nf-request-id x-vercel-id x-heroku-request-id x-railway-request-id rndr-id
      x-fc-request-id x-scf-request-id x-nws-log-uuid x-kong-request-id x-varnish x-akamai-request-id x-gr-request-id
      x-vcap-request-id x-global-transaction-id opc-request-id oracle-dms-ecid cdn-requestid sap-passport
      idempotency-key x-idempotency-key x-amz-retry x-retry-count x-retry-attempt x-attempt retry-attempt`,
  },
  {
    because: 'describes how the request was routed',
    rule: 'ignored',
    names: `
      x-request-start x-request-received x-queue-start x-queue-time x-queue-depth connect-time total-route-time
      x-timer x-envoy-* x-istio-* l5d-dst-* l5d-ctx-* l5d-reqid l5d-sample l5d-orig-proto x-haproxy-*
      x-kong-upstream-latency x-kong-proxy-latency x-original-uri x-original-url x-original-host x-original-method
      x-original-proto x-scheme x-url-scheme front-end-https x-https x-waws-unencoded-url x-appservice-proto
      x-site-deployment-id disguised-host was-default-hostname x-replaced-path x-ms-original-url max-forwards
      early-data x-amz-cf-* x-amzn-tls-version x-amzn-tls-cipher-suite x-amzn-lambda-* x-azure-fdid
      x-azure-requestchain x-azure-ja4-fingerprint x-azure-externalerror x-azure-debuginfo x-fd-* x-arr-ssl
      cdn-loop cf-ew-via cf-worker cf-visitor cf-warp-tag-id cf-connecting-o2o fastly-ff fastly-ssl fastly-client
      fastly-orig-accept-encoding fastly-temp-xff fly-region fly-forwarded-* fly-dispatch-start fly-traceparent
      fly-tracestate fly-src x-vercel-edge-region x-vercel-deployment-url x-vercel-proxy-signature
      x-vercel-proxy-signature-ts x-vercel-sc-* x-vercel-ja4-digest x-vercel-internal-* x-nf-* x-railway-edge
      x-railway-* render-proxy-ttl x-appengine-* x-gfe-* x-goog-request-log-data akamai-* x-akamai-* x-incap-*
      x-stgw-time x-client-proto x-client-proto-ver cdn-src-* ali-swift-* x-server-timeout x-request-timeout
      grpc-timeout x-cf-applicationid x-cf-instanceid x-cf-instanceindex x-cf-app-instance x-cf-process-instance
      x-ms-containerapp-* x-k8se-* x-amzn-lattice-network x-amzn-lattice-target x-amzn-source-vpc x-amzn-vpc-id
      x-amzn-vpce-id x-amzn-vpce-config x-amzn-waf-* surrogate-capability x-kuma-* dapr-app-id dapr-caller-app-id
      dapr-callee-app-id k-proxy-request x-session-affinity x-litellm-timeout x-litellm-stream-timeout
      x-litellm-num-retries cf-aig-collect-log cf-aig-request-timeout cf-aig-max-attempts cf-aig-retry-delay
      cf-aig-backoff`,
  },
  {
    because: "the client's address is not the provider's concern",
    rule: 'stripped',
    names: `
      x-forwarded x-original-forwarded-for x-client-ip x-cluster-client-ip x-originating-ip x-remote-ip x-remote-addr
      true-client-ip client-ip forwarded-for proxy-client-ip wl-proxy-client-ip cf-connecting-ip cf-connecting-ipv6
      cf-pseudo-ipv4 fastly-client-ip fly-client-ip do-connecting-ip x-nf-client-connection-ip x-azure-clientip
      x-azure-socketip x-appengine-user-ip x-vercel-forwarded-for x-vercel-proxied-for x-envoy-external-address
      incap-client-ip x-sucuri-clientip ali-cdn-real-ip cdn-real-ip x-tencent-real-ip l5d-remote-ip`,
  },
  {
    because: "nor is the client's place or device",
    rule: 'stripped',
    names: `
      cf-ipcountry cf-ipcity cf-ipcontinent cf-iplatitude cf-iplongitude cf-region cf-region-code cf-metro-code
      cf-postal-code cf-timezone cf-device-type cf-bot-score cf-verified-bot cf-threat-score cf-ja3-hash cf-ja4
      cloudfront-* x-vercel-ip-* x-appengine-country x-appengine-region x-appengine-city x-appengine-citylatlong
      x-client-geo-* x-sucuri-country x-akamai-edgescape
      x-akamai-device-characteristics cdn-requestcountrycode cdn-requeststatecode`,
  },
  {
    because: 'describes the client and its library',
    rule: 'ignored',
    names: `
      user-agent x-user-agent x-amz-user-agent x-ms-useragent x-ms-user-agent x-goog-api-client x-stainless-* x-fern-*
      x-client-name x-client-version x-client-data x-sdk-name x-sdk-version x-sdk-language x-openai-client-user-agent
      x-openrouter-title x-openrouter-categories editor-version editor-plugin-version copilot-integration-id
      vscode-machineid vscode-sessionid x-requested-with`,
  },
  {
    because: "names an agent's session, task or turn",
    rule: 'ignored',
    names: `
      x-codex-turn-state x-codex-turn-metadata x-codex-window-id x-codex-installation-id x-codex-parent-thread-id
      x-openai-subagent x-claude-code-* x-claude-remote-session-id x-claude-remote-container-id x-opencode-*
      x-kilocode-taskid x-kilocode-parent-taskid x-kilocode-projectid x-kilocode-machineid x-kilocode-version
      x-kilocode-editorname x-kilocode-feature x-kilo-session x-roo-task-id x-roo-app-version x-openwebui-chat-id
      x-openwebui-message-id x-interaction-id x-initiator x-agent-task-id x-client-session-id x-client-machine-id
      vscode-abexpcontext x-continue-unique-id`,
  },
  {
    because: 'sent by browsers',
    rule: 'ignored',
    names: `
      dnt sec-* upgrade-insecure-requests save-data device-memory downlink ect rtt dpr width viewport-width
      accept-charset`,
  },
  {
    because: 'a token that changes all the time, beside a header that names the caller',
    rule: 'ignored',
    names: `
      x-amzn-oidc-data x-amzn-oidc-accesstoken x-goog-iap-jwt-assertion x-ms-client-principal x-ms-token-*
      cf-access-jwt-assertion`,
  },
  {
    because: 'names the caller, or is a key',
    rule: 'credential',
    names: `
      x-amzn-oidc-identity x-amzn-lattice-identity x-amzn-mtls-* x-amz-security-token x-goog-authenticated-user-* x-goog-user-project
      x-serverless-authorization x-appengine-user-* x-ms-client-principal-* x-arr-clientcert
      cf-access-authenticated-user-email cf-access-client-id cf-access-client-secret x-vercel-oidc-token
      x-vercel-protection-bypass x-auth-request-user x-auth-request-email x-auth-request-groups
      x-auth-request-preferred-username x-consumer-* x-credential-identifier l5d-client-id fly-src-signature
      x-fc-access-key-id x-fc-access-key-secret x-fc-security-token chatgpt-account-id
      x-openwebui-user-* x-kilocode-organizationid`,
  },
];

const entries = infrastructureGroups.flatMap(({ names, rule }) =>
  names
    .trim()
    .split(/\s+/)
    .map((name) => [name, rule] as const),
);

/** The rule of each of these headers. */
export const infrastructureHeaders: InfrastructureTable = Object.fromEntries(entries);

/** The headers that disclose a client's address or place. They reach no provider, not even on routes that pass through. */
export const clientAddressHeaders: InfrastructureTable = Object.fromEntries(
  entries.filter(([, rule]) => rule === 'stripped'),
);
