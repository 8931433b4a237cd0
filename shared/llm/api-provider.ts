import type { Sleep } from "../time/sleep.ts";

/** What a provider over HTTP is made of. */
export interface ApiProviderOptions {
  apiKey: string;
  /** Base URL of the API, without a trailing slash. */
  baseUrl: string;
  model: string;
  /** Longest one attempt may take, in milliseconds. */
  timeoutMs: number;
  sleep: Sleep;
  /** Uniform in [0, 1). */
  random: () => number;
  /** Unix time in milliseconds. */
  now: () => number;
}

/**
 * SDK options that all providers share. Retries and timeouts are ours (see `retry.ts`); the SDK's timeout stands behind
 * ours for the case that a runtime ignores the signal. Logging is off because SDK logs may quote requests.
 */
export function sdkDefaults(options: ApiProviderOptions) {
  return {
    baseURL: options.baseUrl,
    maxRetries: 0,
    timeout: options.timeoutMs + 5_000,
    logLevel: "off",
  } as const;
}
