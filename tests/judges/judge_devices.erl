%% judge_devices - Erlang's asn1 reads device section values by asn1/devices and writes them again.
%%
%%     escript judge_devices.erl WORK ASN1-DIR <VALUES
%%
%% VALUES is what helpers/section_values.c writes. The modules are compiled into WORK. What Erlang
%% writes must be the octets it read. Exit status 0, or 1 with a line for each value that is not so.
-mode(compile).

main([Work, Dir]) ->
    Leaves = [filename:join(Dir, F) || F <- ["leaf.asn1", "vmstate.asn1"]],
    Devices = lists:sort(filelib:wildcard(filename:join([Dir, "devices", "*.asn1"]))),
    Compiled = pmap(fun(F) -> compile(Work, Dir, F) end, Leaves) ++
        pmap(fun(F) -> compile(Work, Dir, F) end, Devices),
    BadModules = [F || {F, false} <- Compiled],
    [io:format("~s: Erlang refuses it~n", [F]) || F <- BadModules],
    true = code:add_patha(Work),
    ok = io:setopts(standard_io, [binary, {encoding, latin1}]),
    {Values, Bad} = judge_all(0, 0),
    io:format("Erlang asn1: ~b modules compiled, ~b refused; ~b values of sections decoded and "
              "encoded again, ~b differ~n",
              [length(Compiled), length(BadModules), Values, Bad]),
    halt(case {BadModules, Bad, Values} of {[], 0, N} when N > 0 -> 0; _ -> 1 end).

compile(Work, Dir, File) ->
    %% The compiler looks for Name.asn1: files are named by their modules there.
    {File, ok =:= asn1ct:compile(module_file(Work, File),
                                 [ber, {outdir, Work}, {i, Work}, {i, Dir}, no_ok_wrapper])}.

module_file(Work, File) ->
    {ok, Text} = file:read_file(File),
    {match, [Name]} = re:run(Text, "^([A-Z][A-Za-z0-9-]*)\\s+DEFINITIONS",
                             [multiline, {capture, all_but_first, list}]),
    Copy = filename:join(Work, Name ++ ".asn1"),
    ok = file:write_file(Copy, Text),
    Copy.

%% One process a processor compiles.
pmap(F, L) ->
    Self = self(),
    P = erlang:system_info(schedulers_online),
    Share = fun(I) -> [X || {N, X} <- lists:zip(lists:seq(1, length(L)), L), N rem P =:= I] end,
    Workers = [spawn_link(fun() -> Self ! {self(), [F(X) || X <- Share(I)]} end)
               || I <- lists:seq(0, P - 1)],
    lists:append([receive {W, R} -> R end || W <- Workers]).

judge_all(Values, Bad) ->
    case io:get_line(standard_io, "") of
        eof ->
            {Values, Bad};
        Line ->
            [Module, Len] = binary:split(string:trim(Line), <<" ">>),
            {ok, Value} = file:read(standard_io, binary_to_integer(Len)),
            case judge(Module, Value) of
                same ->
                    judge_all(Values + 1, Bad);
                Wrong ->
                    io:format("~s: ~P~n", [Module, Wrong, 30]),
                    judge_all(Values + 1, Bad + 1)
            end
    end.

judge(Module, Value) ->
    Codec = binary_to_atom(Module),
    Type = binary_to_atom(root_of(Module)),
    try
        case Codec:encode(Type, Codec:decode(Type, Value)) of
            Value -> same;
            Other -> {differs, byte_size(Other), byte_size(Value)}
        end
    catch
        Class:Reason -> {Class, Reason}
    end.

root_of(<<"Vmber-", Root/binary>>) -> Root.
