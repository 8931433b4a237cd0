/** Counters and gauges in Prometheus' text format (version 0.0.4). */

type Labels = Readonly<Record<string, string>>;

interface Family {
  help: string;
  type: "counter" | "gauge";
}

const families = {
  rig_gateway_connected: { type: "gauge", help: "1 while the shard's Gateway session is ready." },
  rig_gateway_leader: { type: "gauge", help: "1 while this gateway holds the shard's lease." },
  rig_gateway_not_ready: { type: "gauge", help: "1 while the shard is not ready, by cause; see /readyz." },
  rig_gateway_identifies_remaining: { type: "gauge", help: "Session starts that Discord still allows." },
  rig_gateway_lag_seconds: { type: "gauge", help: "Age of the oldest event that the Worker has not stored." },
  rig_gateway_unacked: { type: "gauge", help: "Events that the Worker has not stored." },
  rig_gateway_batches_total: { type: "counter", help: "Batches sent to the Worker, repetitions included." },
  rig_gateway_retries_total: { type: "counter", help: "Batches that had to be sent again." },
  rig_gateway_reconnects_total: { type: "counter", help: "Connections to Discord that ended, by reason." },
  rig_gateway_events_total: { type: "counter", help: "Events handed on to the Worker, by type." },
} as const satisfies Record<string, Family>;

export type MetricName = keyof typeof families;

export class Metrics {
  readonly #samples = new Map<MetricName, Map<string, number>>();

  add(name: MetricName, labels: Labels, amount = 1): void {
    const samples = this.#family(name);
    const key = labelText(labels);
    samples.set(key, (samples.get(key) ?? 0) + amount);
  }

  set(name: MetricName, labels: Labels, value: number): void {
    this.#family(name).set(labelText(labels), value);
  }

  /** The page of `GET /metrics`. */
  text(): string {
    const names = Object.keys(families) as MetricName[];
    return names
      .map((name) => {
        const samples = [...this.#family(name)].map(([labels, value]) => `${name}${labels} ${value}\n`);
        const { help, type } = families[name];
        return `# HELP ${name} ${help}\n# TYPE ${name} ${type}\n${samples.join("")}`;
      })
      .join("");
  }

  #family(name: MetricName): Map<string, number> {
    const samples = this.#samples.get(name) ?? new Map<string, number>();
    this.#samples.set(name, samples);
    return samples;
  }
}

function labelText(labels: Labels): string {
  const pairs = Object.entries(labels).map(
    ([name, value]) => `${name}="${value.replace(/[\\"\n]/g, (c) => (c === "\n" ? "\\n" : `\\${c}`))}"`,
  );
  return pairs.length === 0 ? "" : `{${pairs.join(",")}}`;
}
