import { env } from "cloudflare:workers";
import { createApp } from "./app.ts";
import { scheduled } from "./cron.ts";
import { applyLogLevel } from "./log-level.ts";

export { AgentHub } from "../durable-objects/agent-hub/agent-hub.ts";
export { ChannelSession } from "../durable-objects/channel-session/channel-session.ts";
export { CronSchedule } from "../durable-objects/cron-schedule/cron-schedule.ts";
export { GatewayLink } from "../durable-objects/gateway-link/gateway-link.ts";

applyLogLevel(env.RIG_LOG_LEVEL);

const app = createApp();

export default { fetch: app.fetch, scheduled };
