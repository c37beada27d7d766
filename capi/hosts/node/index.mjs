import wayfare from './index.js';

export const { Client, WayfareError, dollars, picodollars, sumOfDollars, version } = wayfare;
export default wayfare;
