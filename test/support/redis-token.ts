/** What the proxy of the tests' Redis asks for. */
export const REDIS_TOKEN = "redis-token";
