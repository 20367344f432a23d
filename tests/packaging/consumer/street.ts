// A consumer's program in Node: it renders a street, or labels one with a model. Usage: node street.js PICTURE [MODEL]
import { renderScene, type Scene } from 'hmsa';
import { type DeviceReport, decodeImage, encodePng, loadModel, version, writeFileAtomic } from 'hmsa/node';

/** What the package exports keeps its types: with `any` in their place this would not compile. */
type IsAny<T> = 0 extends 1 & T ? true : false;
export const typed: [IsAny<Scene>, IsAny<DeviceReport>, IsAny<typeof version>] = [false, false, false];

const [, , picture = 'street.png', file] = process.argv;
if (file === undefined) {
  const { image, width, height }: Scene = renderScene({ seed: 1, index: 0, width: 64, height: 32 });
  await writeFileAtomic(picture, await encodePng({ data: image, width, height }));
  console.log(`rendered with hmsa ${version}`);
} else {
  const model = await loadModel(file, { threads: 1 });
  const image = await decodeImage(picture);
  // Types of callbacks follow from the method, and what is asked for is there.
  const onProgress: (share: number) => string = (share) => share.toFixed(2);
  const { labels, width, height, confidence } = await model.segment(image, {
    confidence: true,
    onProgress: (share, { times }) => onProgress(share * times),
  });
  if (confidence.length !== labels.length) throw new Error('not a confidence for each label');
  await model.dispose();
  console.log(`labelled ${labels.length} of ${width * height} pixels`);
}
