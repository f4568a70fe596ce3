/** Pure: an instant as a person at this machine reads it: `2026-11-22 18:30:05`, in its own time zone. */
export function shortTime(iso: string): string {
  const time = new Date(iso);
  const two = (value: number): string => String(value).padStart(2, '0');
  const date = [time.getFullYear(), two(time.getMonth() + 1), two(time.getDate())].join('-');
  return `${date} ${[two(time.getHours()), two(time.getMinutes()), two(time.getSeconds())].join(':')}`;
}
