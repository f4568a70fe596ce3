/** Who may do what in a room. One table, asked by the hub on every frame and call. */
import { z } from 'zod';

/** In rising order: each may do all that the one before it may. */
export const Role = z.enum(['viewer', 'runner', 'editor', 'owner']);
export type Role = z.infer<typeof Role>;

/** What a call or frame asks for. */
export type Right = 'view' | 'run' | 'edit' | 'manage';

const LOWEST_ROLE: Readonly<Record<Right, Role>> = {
  view: 'viewer',
  run: 'runner',
  edit: 'editor',
  manage: 'owner',
};

/** True when `role` includes `right`. */
export function roleHas(role: Role, right: Right): boolean {
  return Role.options.indexOf(role) >= Role.options.indexOf(LOWEST_ROLE[right]);
}
