'use strict';
// What the oracles share: a question a line on standard input, an answer a line on standard output.
// A question is {"ask": name, ...}; its answer is {"ok": true, "answer": ...} or {"ok": false, "why": text}.

const {createRequire} = require('module');
const path = require('path');
const readline = require('readline');

exports.load = createRequire(path.join(process.argv[2], 'peer.js'));

exports.answer = asks => {
  readline.createInterface({input: process.stdin}).on('line', line => {
    let reply;
    try {
      const question = JSON.parse(line);
      reply = {ok: true, answer: asks[question.ask](question)};
    } catch (error) {
      reply = {ok: false, why: String(error.message || error)};
    }
    console.log(JSON.stringify(reply));
  });
};

exports.range = (start, count) => Array.from({length: count}, (_, at) => start + at);
