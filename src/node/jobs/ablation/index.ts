export { type AblationHooks, type AblationProgress, armConfigs, fileOf, runAblation } from './ablation.js';
export { type AblationChoices, type AblationPart, ablationParts, planAblation } from './plan.js';
export { ABLATION_FILE, type AblationRecord, ablationSchema } from './record.js';
