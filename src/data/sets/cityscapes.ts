import { VOID } from '../contracts.js';
import { labelSet } from '../label-set.js';

/** Cityscapes: 34 labels in files, 19 trained and scored (Cordts et al. 2016, arXiv 1604.01685). */
export const cityscapesLabels = labelSet([
  [0, 'unlabeled', '#000000', VOID],
  [1, 'ego vehicle', '#000000', VOID],
  [2, 'rectification border', '#000000', VOID],
  [3, 'out of roi', '#000000', VOID],
  [4, 'static', '#000000', VOID],
  [5, 'dynamic', '#6f4a00', VOID],
  [6, 'ground', '#510051', VOID],
  [7, 'road', '#804080', 0],
  [8, 'sidewalk', '#f423e8', 1],
  [9, 'parking', '#faaaa0', VOID],
  [10, 'rail track', '#e6968c', VOID],
  [11, 'building', '#464646', 2],
  [12, 'wall', '#66669c', 3],
  [13, 'fence', '#be9999', 4],
  [14, 'guard rail', '#b4a5b4', VOID],
  [15, 'bridge', '#966464', VOID],
  [16, 'tunnel', '#96785a', VOID],
  [17, 'pole', '#999999', 5],
  [18, 'polegroup', '#999999', VOID],
  [19, 'traffic light', '#faaa1e', 6],
  [20, 'traffic sign', '#dcdc00', 7],
  [21, 'vegetation', '#6b8e23', 8],
  [22, 'terrain', '#98fb98', 9],
  [23, 'sky', '#4682b4', 10],
  [24, 'person', '#dc143c', 11],
  [25, 'rider', '#ff0000', 12],
  [26, 'car', '#00008e', 13],
  [27, 'truck', '#000046', 14],
  [28, 'bus', '#003c64', 15],
  [29, 'caravan', '#00005a', VOID],
  [30, 'trailer', '#00006e', VOID],
  [31, 'train', '#005064', 16],
  [32, 'motorcycle', '#0000e6', 17],
  [33, 'bicycle', '#770b20', 18],
]);

/** The 19 classes, by train id, with their official names, colours and ids. */
export const cityscapes = cityscapesLabels.classes;
