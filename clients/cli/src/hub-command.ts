/** A command that asks a hub: with the options that say which. */
import type { Command } from 'commander';

export function hubCommand(cokernel: Command, name: string, description: string): Command {
  return cokernel
    .command(name)
    .description(description)
    .option('--hub <url>', 'the hub (or COKERNEL_HUB; else the one that runs for you)')
    .option('--token <token>', 'its token (or COKERNEL_TOKEN)');
}
