export { detectClasses } from './detect-classes.js';
export { describeShare, takeCensus } from './label-census.js';
export { evidenceOf, type LabelEvidence, type LabelMeaning, type Labels } from './label-meaning.js';
export { readByNames } from './named-classes.js';
