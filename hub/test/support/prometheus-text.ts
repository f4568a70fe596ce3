/** What stands in Prometheus' text form: one sample, or all of it by the reader of Prometheus' own client for Python. */
import { execFileSync } from 'node:child_process';
import { z } from 'zod';

const READER = `
import json, sys
from prometheus_client.parser import text_string_to_metric_families
families = text_string_to_metric_families(sys.stdin.read())
print(json.dumps([{"name": f.name, "type": f.type, "help": f.documentation,
  "samples": [{"name": s.name, "labels": s.labels, "value": str(s.value)} for s in f.samples]} for f in families]))
`;

const Sample = z.object({
  name: z.string(),
  labels: z.record(z.string(), z.string()),
  // As Python writes it: 'nan' is NaN here too.
  value: z.string().transform(Number),
});

const Family = z.object({
  name: z.string(),
  type: z.enum(['counter', 'gauge', 'histogram']),
  help: z.string().min(1),
  samples: z.array(Sample),
});
type Family = z.infer<typeof Family>;

/** Throws on what is not in the form. The tests' Python has the reader, since Jupyter Server needs it. */
export function readFamilies(text: string): readonly Family[] {
  const python = process.env['COKERNEL_TEST_PYTHON'];
  if (python === undefined) throw new Error('COKERNEL_TEST_PYTHON must name a Python; npm test sets it.');
  const read = execFileSync(python, ['-c', READER], { input: text, encoding: 'utf8' });
  return z.array(Family).parse(JSON.parse(read));
}

/** The value of one sample, named with its labels as it stands there; null when there is none. */
export function sampleOf(text: string, name: string): number | null {
  const line = text.split('\n').find((one) => one.startsWith(`${name} `));
  return line === undefined ? null : Number(line.slice(name.length + 1));
}
