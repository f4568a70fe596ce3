/**
 * The figures of one hub, as Prometheus reads them. Each file beside this one adds the figures of one part; the parts
 * know nothing of Prometheus, they tell what happens or are asked when somebody reads. No label names a person, a
 * notebook or a path, and each has few values.
 * https://prometheus.io/docs/practices/naming/
 */
import { setTimeout as delay } from 'node:timers/promises';
import { Gauge, Registry, collectDefaultMetrics } from 'prom-client';

/** The event loop is measured every 10 ms; before that there would be no figure of it. */
const FIRST_MEASURE_MS = 50;

export class Metrics {
  /** One a hub. */
  readonly registry = new Registry();
  private measured: Promise<unknown> | null = null;

  constructor(version: string) {
    new Gauge({
      name: 'cokernel_build_info',
      help: 'Always 1; the label says which version runs.',
      labelNames: ['version'],
      registers: [this.registry],
    }).set({ version }, 1);
  }

  /** Of one of many hubs. */
  leads(isLeading: boolean): void {
    const help = '1 on the hub that leads the others of its folder, else 0.';
    new Gauge({ name: 'cokernel_leads', help, registers: [this.registry] }).set(Number(isLeading));
  }

  get contentType(): string {
    return this.registry.contentType;
  }

  /** All figures as of now. */
  async text(): Promise<string> {
    this.measured ??= this.measureProcess();
    await this.measured;
    return this.registry.metrics();
  }

  /** Only when somebody reads it for the first time: it costs half a percent of a core. */
  private measureProcess(): Promise<unknown> {
    collectDefaultMetrics({ register: this.registry });
    return delay(FIRST_MEASURE_MS);
  }
}
