import { describe, expect, test } from '@jest/globals';
import { folderOf, folderUrl, nameOf, notebookUrl, routeOf } from '../src/route.js';

describe('the address of a page', () => {
  test.each([
    ['/', { page: 'files', directory: '' }],
    ['/tree/', { page: 'files', directory: '' }],
    ['/tree/a%20b/c', { page: 'files', directory: 'a b/c' }],
    ['/notebooks/a%20b/c%23.ipynb', { page: 'notebook', path: 'a b/c#.ipynb' }],
    ['/elsewhere', { page: 'unknown' }],
  ])('%s is read', (pathname, route) => {
    expect(routeOf(pathname)).toEqual(route);
  });

  test.each(['plain.ipynb', 'a b/ü#?%.ipynb', 'deep/er/x.ipynb'])('of the notebook %s leads back to it', (path) => {
    expect(routeOf(notebookUrl(path))).toEqual({ page: 'notebook', path });
    expect(routeOf(folderUrl(folderOf(path)))).toEqual({ page: 'files', directory: folderOf(path) });
    expect([folderOf(path), nameOf(path)].filter(Boolean).join('/')).toBe(path);
  });

  test('that is no proper encoding is unknown rather than an error', () => {
    expect(routeOf('/notebooks/%E0%A4%A')).toEqual({ page: 'unknown' });
    expect(routeOf('/notebooks/%FF')).toEqual({ page: 'unknown' });
  });
});
