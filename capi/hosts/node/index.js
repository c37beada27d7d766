'use strict';
const native = require('./native.js');
const { Client } = require('./lib/client.js');
const { WayfareError } = require('./lib/errors.js');
const { dollars, picodollars, sumOfDollars } = require('./lib/money.js');

module.exports = { Client, WayfareError, dollars, picodollars, sumOfDollars, version: native.version };
