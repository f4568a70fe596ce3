/**
 * Pure: how a Python kernel is asked for what its user has defined, and how its answer is read. The question is a silent
 * execute_request with no code and one user expression: nothing of it is shown, counted or kept. Big values cost
 * little: `reprlib` looks at their beginning only, and an object whose repr fails is named all the same.
 */
import type { KernelMessage, Sender } from '@cokernel/proto/jupyter';
import { executeRequest, isRecord } from '@cokernel/proto/jupyter';
import { VariablesContent } from '@cokernel/proto/hub';

/** More than a person looks through. */
const MOST_VARIABLES = 1_000;
const LONGEST_SUMMARY = 120;

/** One expression, since the protocol has no room for statements. Its value shows itself as JSON. */
const EXPRESSION = `(lambda ip, cut: type('Variables', (), {'_repr_mimebundle_': lambda self, **_: {'application/json': {'variables': [
  {'name': name, 'type': type(value).__name__, 'summary': cut(value)[:${String(LONGEST_SUMMARY)}]}
  for name, value in sorted(ip.user_ns.copy().items())
  if not name.startswith('_') and name not in ip.user_ns_hidden and type(value).__name__ != 'module'
][:${String(MOST_VARIABLES)}]}}})())(get_ipython(), __import__('reprlib').Repr().repr)`;

/** `allowStdin`: see `AskingOptions`. */
export function variablesRequest(sender: Sender, allowStdin: boolean): KernelMessage {
  return executeRequest(sender, {
    code: '',
    silent: true,
    storeHistory: false,
    allowStdin,
    stopOnError: false,
    userExpressions: { variables: EXPRESSION },
  });
}

/** From the content of the execute_reply. */
export function readVariables(content: Readonly<Record<string, unknown>>): VariablesContent {
  const expressions = isRecord(content['user_expressions']) ? content['user_expressions'] : {};
  const answer = isRecord(expressions['variables']) ? expressions['variables'] : {};
  const data = isRecord(answer['data']) ? answer['data'] : {};
  const listed = isRecord(data['application/json']) ? data['application/json'] : {};
  const read = VariablesContent.safeParse({ status: 'ok', variables: listed['variables'], reason: null });
  if (read.success) return read.data;
  const { evalue } = answer;
  return noVariables(typeof evalue === 'string' ? `the kernel answered: ${evalue}` : 'the kernel did not list them');
}

/** For a kernel that can't be asked; `reason` is for a person. */
export function noVariables(reason: string): VariablesContent {
  return { status: 'ok', variables: [], reason };
}
