/**
 * What acts at the provider while it answers: tools, fields and models that search, browse, retrieve, run code or call
 * other services. The settings `sideEffectTools`, `sideEffectFields` and `sideEffectModels` add to the table;
 * `sideEffectExceptions` disables rows of it.
 */

export interface SideEffect {
  /** In types of tools and in models, `*` stands for any characters. Models are compared in lower case. */
  readonly name: string;
  /** Providers and gateways that have it. */
  readonly vendor: string;
  /** What happens at the provider. */
  readonly because: string;
  /** Of a field: it does nothing if the field of this name, beside it, is false. */
  readonly unless?: string;
  /** Of a field: its value is an object of switches, and acts if one of them is on. */
  readonly holdsSwitches?: true;
}

const row = (name: string, vendor: string, because: string): SideEffect => ({ name, vendor, because });

/** Types of tools. A type that is neither here nor on the protocol's list of the caller's tools acts, too. */
export const toolTypes: readonly SideEffect[] = [
  row('web_search*', 'OpenAI, Anthropic, Mistral, xAI, Zhipu, MiniMax, StepFun, iFlytek', 'searches the web'),
  row('x_search', 'xAI', 'searches X'),
  row('collections_search', 'xAI', 'retrieves from stored documents'),
  row('browser_search', 'Groq', 'searches and opens pages'),
  row('web_fetch*', 'Anthropic', 'opens pages'),
  row('file_search*', 'OpenAI, xAI', 'retrieves from stored documents'),
  row('document_library', 'Mistral', 'retrieves from stored documents'),
  row('retrieval', 'Zhipu, StepFun', 'retrieves from stored documents'),
  row('knowledge_search', 'Volcengine', 'retrieves from stored documents'),
  row('azure_ai_search*', 'Azure', 'retrieves from a search index'),
  row('bing_grounding*', 'Azure', 'searches the web'),
  row('code_interpreter*', 'OpenAI, Mistral, xAI, Groq', 'runs code'),
  row('code_execution*', 'Anthropic, xAI', 'runs code'),
  row('image_generation*', 'OpenAI, Mistral', 'makes images'),
  row('computer_use*', 'OpenAI', 'works a computer'),
  row('mcp*', 'OpenAI, Anthropic, xAI, Zhipu', 'calls other services'),
  row(
    'builtin_function',
    'Moonshot',
    "searches the web (`$web_search`) or runs another of the provider's functions",
  ),
  row('openrouter:*', 'OpenRouter', "runs one of the router's own tools"),
];

/** Keys of tools without a type. A tool that has none of them and declares no function acts, too. */
export const toolKeys: readonly SideEffect[] = [
  row('googleSearch', 'Google, LiteLLM', 'searches the web'),
  row('google_search', 'Google, LiteLLM', 'searches the web'),
  row('googleSearchRetrieval', 'Google, LiteLLM', 'searches the web'),
  row('google_search_retrieval', 'Google, LiteLLM', 'searches the web'),
  row('enterpriseWebSearch', 'Google', 'searches the web'),
  row('enterprise_web_search', 'Google', 'searches the web'),
  row('googleMaps', 'Google', 'looks up places'),
  row('google_maps', 'Google', 'looks up places'),
  row('urlContext', 'Google', 'opens pages'),
  row('url_context', 'Google', 'opens pages'),
  row('codeExecution', 'Google', 'runs code'),
  row('code_execution', 'Google', 'runs code'),
  row('fileSearch', 'Google', 'retrieves from stored documents'),
  row('file_search', 'Google', 'retrieves from stored documents'),
  row('retrieval', 'Google', 'retrieves from stored documents'),
  row('computerUse', 'Google', 'works a browser'),
  row('computer_use', 'Google', 'works a browser'),
  row('mcpServers', 'Google', 'calls other services'),
  row('mcp_servers', 'Google', 'calls other services'),
  row('systemTool', 'Amazon', "runs one of the provider's tools"),
  row('web_search', 'gateways', 'searches the web'),
];

/** Functions that the provider or a gateway runs in the caller's place. Any other function is the caller's, whatever its name. */
export const functionNames: readonly SideEffect[] = [
  row('litellm_web_search', 'LiteLLM', 'searches the web'),
  row('$*', 'Moonshot', 'searches the web, or runs another function of the provider'),
];

/** Fields of the body, and of the objects in it that carry fields of other dialects. */
export const fields: readonly SideEffect[] = [
  row('web_search_options', 'OpenAI, LiteLLM, Perplexity, xAI', 'searches the web'),
  row('web_search', 'Baidu, gateways', 'searches the web'),
  row('webSearch', 'NanoGPT', 'searches the web'),
  row('scraping', 'NanoGPT', 'opens pages'),
  row('use_web_search', 'gateways', 'searches the web'),
  row('web_search_enabled', 'gateways', 'searches the web'),
  row('wiki_grounding', 'Sarvam', 'searches Wikipedia'),
  row('enable_web_search', 'Venice, gateways', 'searches the web'),
  row('enable_web_scraping', 'Venice', 'opens pages'),
  row('enable_x_search', 'Venice', 'searches X'),
  row('search_parameters', 'xAI', 'searches the web and X'),
  row('enable_search', 'Alibaba, Tencent', 'searches the web'),
  { ...row('search_options', 'Alibaba', 'searches the web'), unless: 'enable_search' },
  row('search_source', 'Baidu', 'searches the web'),
  row('enable_enhancement', 'Tencent', 'searches the web'),
  row('force_search_enhancement', 'Tencent', 'searches the web'),
  row('enable_deep_search', 'Tencent', 'searches the web'),
  row('with_search_enhance', 'Baichuan', 'searches the web'),
  row('use_search_engine', 'Reka', 'searches the web'),
  row('research', 'Reka', 'searches the web'),
  row('use_code_interpreter', 'Reka', 'runs code'),
  row('enable_code_interpreter', 'Alibaba', 'runs code'),
  row('search_settings', 'Groq', 'searches the web'),
  row('compound_custom', 'Groq', 'searches the web and runs code'),
  row('search_mode', 'Perplexity', 'searches the web'),
  row('search_domain_filter', 'Perplexity', 'searches the web'),
  row('search_language_filter', 'Perplexity', 'searches the web'),
  row('search_recency_filter', 'Perplexity', 'searches the web'),
  row('search_after_date_filter', 'Perplexity', 'searches the web'),
  row('search_before_date_filter', 'Perplexity', 'searches the web'),
  row('last_updated_after_filter', 'Perplexity', 'searches the web'),
  row('last_updated_before_filter', 'Perplexity', 'searches the web'),
  row('return_related_questions', 'Perplexity', 'searches the web'),
  row('return_images', 'Perplexity', 'searches the web'),
  row('plugins', 'OpenRouter, MiniMax, SenseNova', 'searches the web, reads files or runs another plug-in'),
  row('preset', 'OpenRouter', 'applies settings that are stored there, plug-ins among them'),
  row('data_sources', 'Azure', 'retrieves from a search index or a database (On Your Data)'),
  row('dataSources', 'Azure', 'retrieves from a search index or a database (On Your Data)'),
  { ...row('enhancements', 'Azure', 'reads images by other services'), holdsSwitches: true },
  row('connectors', 'Cohere, Mistral', 'searches the web or calls another service'),
  row('vector_store_ids', 'LiteLLM', 'retrieves from stored documents'),
  row('tool_resources', 'OpenAI, Azure', 'retrieves from stored documents or runs code'),
  row('knowledge_base', 'Baichuan', 'retrieves from stored documents'),
  row('know_ids', 'SenseNova', 'retrieves from stored documents'),
  row('retrieval_method', 'DigitalOcean', 'retrieves from stored documents'),
  row('use_context', 'PrivateGPT', 'retrieves from stored documents'),
  row('grounding', 'Google, gateways', 'searches the web or stored documents'),
  row('groundingSource', 'Google', 'searches the web or stored documents'),
  row('grounding_source', 'Google', 'searches the web or stored documents'),
  row('grounding_config', 'gateways', 'searches the web or stored documents'),
  row('groundingConfig', 'gateways', 'searches the web or stored documents'),
  row('enable_grounding', 'gateways', 'searches the web or stored documents'),
  row('mcp_servers', 'Anthropic, gateways', 'calls other services'),
  row('tool_servers', 'Open WebUI', 'calls other services'),
  row('tool_ids', 'Open WebUI', "runs the server's own tools"),
  { ...row('features', 'Open WebUI', 'searches the web, runs code or makes images'), holdsSwitches: true },
  row('skills', 'Anthropic', 'runs code'),
  row('agent', 'Azure, Mistral', 'runs an agent with tools of its own'),
  row('agent_id', 'Mistral, gateways', 'runs an agent with tools of its own'),
  row('agent_reference', 'Azure', 'runs an agent with tools of its own'),
  row('assistant_id', 'OpenAI, Zhipu', 'runs an assistant with tools of its own'),
  row('bot_id', 'Coze', 'runs a bot with tools of its own'),
];

/** Models that search, browse or run code without being asked to. A name with a prefix (`vendor/model`) matches, too. */
export const models: readonly SideEffect[] = [
  row('*:online*', 'OpenRouter, NanoGPT', 'searches the web'),
  row('*enable_web_search=on*', 'Venice', 'searches the web'),
  row('*enable_web_search=auto*', 'Venice', 'searches the web'),
  row('*:search', 'gateways', 'searches the web'),
  row('*-search', 'Poe, gateways', 'searches the web'),
  row('*websearch', 'gateways', 'searches the web'),
  row('*-browsing', 'gateways', 'searches the web'),
  row('*-search-preview*', 'OpenAI', 'searches the web'),
  row('*-search-api*', 'OpenAI', 'searches the web'),
  row('*deep-research*', 'OpenAI, Perplexity, Google', 'searches the web and runs code'),
  row('*deepsearch*', 'Jina', 'searches the web'),
  row('sonar', 'Perplexity', 'searches the web'),
  row('sonar-*', 'Perplexity', 'searches the web'),
  row('perplexity-sonar*', 'Poe', 'searches the web'),
  row('llama-*-sonar-*-online', 'Perplexity', 'searches the web'),
  row('pplx-*-online', 'Perplexity', 'searches the web'),
  row('compound', 'Groq', 'searches the web and runs code'),
  row('compound-*', 'Groq', 'searches the web and runs code'),
  row('*-alltools', 'Zhipu', 'searches the web, runs code and makes images'),
  row('exa', 'Exa', 'searches the web'),
  row('exa-*', 'Exa', 'searches the web'),
  row('brave', 'Brave', 'searches the web'),
  row('brave-pro', 'Brave', 'searches the web'),
  row('bagoodex-search*', 'Bagoodex', 'searches the web'),
  row('reka-*-research', 'Reka', 'searches the web'),
  row('*@preset/*', 'OpenRouter', 'applies settings that are stored there, plug-ins among them'),
  row('manus-*', 'Manus', 'runs an agent with tools of its own'),
  row('gpt-*-gizmo-*', 'gateways', 'runs a GPT with tools of its own'),
  row('asst_*', 'OpenAI, gateways', 'runs an assistant with tools of its own'),
  row('agent_*', 'LibreChat', 'runs an agent with tools of its own'),
  row('ag:*', 'Mistral', 'runs an agent with tools of its own'),
  row('ag_*', 'Mistral', 'runs an agent with tools of its own'),
  row('bot-20*', 'Volcengine', 'runs a bot with tools of its own'),
];
