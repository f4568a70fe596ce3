/**
 * The environment of a kernel: the keeper's own, then the kernelspec's, which is really applied (J13), with `${VAR}`
 * resolved; a name that is not set stays as it stands, as in Jupyter's own programs.
 * Pure.
 */
type Environment = Readonly<Record<string, string | undefined>>;

/**
 * JPY_PARENT_PID makes a kernel end with a process that is not its keeper. The token is the owner's right to
 * everything that the hub serves: code in a notebook must not find it.
 */
const WITHHELD = ['JPY_PARENT_PID', 'COKERNEL_TOKEN'];

const VARIABLE = /\$\{(\w+)\}/g;

export function kernelEnvironment(base: Environment, specEnv: Environment): Record<string, string> {
  const result: Record<string, string> = {};
  for (const [name, value] of Object.entries(base)) {
    if (value !== undefined && !WITHHELD.includes(name)) result[name] = value;
  }
  for (const [name, value] of Object.entries(specEnv)) {
    if (value !== undefined) result[name] = value.replace(VARIABLE, (whole, other: string) => base[other] ?? whole);
  }
  return result;
}
