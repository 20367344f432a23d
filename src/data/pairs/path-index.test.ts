import { describe, expect, test } from 'vitest';
import { PathIndex } from './path-index.js';

const one = (path: string) => ({ kind: 'one', path });

describe('one folder of photographs', () => {
  const index = new PathIndex('/data/set', [
    'images/img_1.jpg.rf.aa01.jpg',
    'images/IMG.2024.01.png',
    'images/my photo 1.jpg',
  ]);

  test('only the extension of an image is one', () => {
    expect(index.find('img_1.jpg.rf.aa01')).toEqual(one('images/img_1.jpg.rf.aa01.jpg'));
    expect(index.find('img_1.jpg.rf.aa01.jpg')).toEqual(one('images/img_1.jpg.rf.aa01.jpg'));
    expect(index.find('IMG.2024.01')).toEqual(one('images/IMG.2024.01.png'));
    expect(index.find('IMG.2024').kind).toBe('none');
    expect(index.find('my photo 1')).toEqual(one('images/my photo 1.jpg'));
    expect(index.find('my photo')).toEqual({ kind: 'none', elsewhere: [] });
  });

  test('folders of another machine and another extension', () => {
    for (const entry of [
      '/home/x/JPEGImages/IMG.2024.01.jpg',
      'C:\\my data\\images\\IMG.2024.01.png',
      './IMG.2024.01',
    ]) {
      expect(index.find(entry), entry).toEqual(one('images/IMG.2024.01.png'));
    }
  });

  test('two names in a line are not one in a folder with a space', () => {
    expect(index.find('x/a.jpg y/IMG.2024.01.png').kind).toBe('none');
    expect(index.find('x/a y/IMG.2024.01').kind).toBe('none');
  });
});

describe('equal names in several folders', () => {
  const paths = ['images/aa/1.jpg', 'images/aa/2.jpg', 'images/bb/1.jpg'];
  const index = new PathIndex('/data/set', paths, ['images']);

  test('the folder decides', () => {
    expect(index.find('aa/1.jpg')).toEqual(one('images/aa/1.jpg'));
    expect(index.find('/elsewhere/photos/bb/1')).toEqual(one('images/bb/1.jpg'));
    expect(index.find('2')).toEqual(one('images/aa/2.jpg'));
  });

  test('without it several may be meant, in another one none is', () => {
    expect(index.find('1.jpg')).toEqual({ kind: 'several', paths: ['images/aa/1.jpg', 'images/bb/1.jpg'] });
    expect(index.find('bb/2.jpg')).toEqual({ kind: 'none', elsewhere: ['images/aa/2.jpg'] });
    expect(index.find('cc/1.jpg').kind).toBe('none');
  });

  test('a folder that alone is left does not stand for another', () => {
    const rest = new PathIndex('/data/set', ['images/bb/1.jpg'], ['images']);
    expect(rest.find('aa/1.jpg')).toEqual({ kind: 'none', elsewhere: ['images/bb/1.jpg'] });
    expect(rest.find('JPEGImages/bb/1.jpg')).toEqual(one('images/bb/1.jpg'));
  });
});

test('the whole path is nearer than the end of a longer one', () => {
  const index = new PathIndex('/set', ['a/1.jpg', 'b/a/1.jpg', '1.jpg']);
  expect(index.find('a/1.jpg')).toEqual(one('a/1.jpg'));
  expect(index.find('1.jpg')).toEqual(one('1.jpg'));
});

test('one look is one name, however it is stored', () => {
  const index = new PathIndex('/set', ['images/caf\u0065\u0301.jpg']);
  expect(index.find('caf\u00e9')).toEqual(one('images/caf\u0065\u0301.jpg'));
});
