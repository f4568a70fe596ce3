/** The id of a cell's widget, as the hub knows it. */
import { CellId } from '@cokernel/proto/hub';
import type { Cell } from '@jupyterlab/cells';

export function cellIdOf(cell: Cell): CellId {
  return CellId.parse(cell.model.id);
}
