/**
 * The classes of one data set and their counterparts in a coarser one, by name. A class that is not listed here has no
 * counterpart. Classes that the finer set does not score need not be listed.
 */

/** Cityscapes to CamVid's 11 classes, grouped as CamVid's own 32 labels are (walls are buildings there). */
export const cityscapesToCamvid: Readonly<Record<string, string>> = {
  road: 'road',
  sidewalk: 'pavement',
  building: 'building',
  wall: 'building',
  fence: 'fence',
  pole: 'pole',
  'traffic light': 'sign symbol',
  'traffic sign': 'sign symbol',
  vegetation: 'tree',
  terrain: 'tree',
  sky: 'sky',
  person: 'pedestrian',
  rider: 'bicyclist',
  car: 'car',
  truck: 'car',
  bus: 'car',
  train: 'car',
  motorcycle: 'bicyclist',
  bicycle: 'bicyclist',
};

/**
 * Mapillary Vistas (v1.2 and v2.0) to Cityscapes, by Cityscapes' definitions: kerbs and traffic islands belong to the
 * sidewalk, markings to the road. Parking, rails, guard rails, bridges, tunnels, the backs of signs, caravans and
 * trailers are not scored there. A name stands for itself and for all names below it (`marking` for
 * `marking--general`).
 */
export const mapillaryToCityscapes: Readonly<Record<string, string>> = {
  'construction--flat--road': 'road',
  'construction--flat--road-shoulder': 'road',
  'construction--flat--service-lane': 'road',
  'construction--flat--bike-lane': 'road',
  'construction--flat--crosswalk-plain': 'road',
  marking: 'road',
  'marking-only': 'road',
  'construction--flat--sidewalk': 'sidewalk',
  'construction--flat--pedestrian-area': 'sidewalk',
  'construction--flat--curb-cut': 'sidewalk',
  'construction--flat--traffic-island': 'sidewalk',
  'construction--barrier--curb': 'sidewalk',
  'construction--structure--building': 'building',
  'construction--structure--garage': 'building',
  'construction--barrier--wall': 'wall',
  'construction--barrier--fence': 'fence',
  'object--support--pole': 'pole',
  'object--support--utility-pole': 'pole',
  'object--traffic-light': 'traffic light',
  'object--traffic-sign--front': 'traffic sign',
  'object--traffic-sign--direction-front': 'traffic sign',
  'object--traffic-sign--information-parking': 'traffic sign',
  'object--traffic-sign--temporary-front': 'traffic sign',
  'nature--vegetation': 'vegetation',
  'nature--terrain': 'terrain',
  'nature--sky': 'sky',
  'human--person': 'person',
  'human--rider': 'rider',
  'object--vehicle--car': 'car',
  'object--vehicle--truck': 'truck',
  'object--vehicle--bus': 'bus',
  'object--vehicle--on-rails': 'train',
  'object--vehicle--motorcycle': 'motorcycle',
  'object--vehicle--bicycle': 'bicycle',
};
